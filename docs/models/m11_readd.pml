/* SPDX-License-Identifier: Apache-2.0 */
/* M11: a backup B with copies is dropped by a swap and added again in the same
   term, then perhaps takes over: M4, T3, T4, L3, L5. P is the primary; the epoch
   grows, the term stays. Holders are left out (m1, m10).
   Lanes: P -> B and B -> P (FIFO, content lost with the connection); leases on
   lanes of their own as L (held), F (in flight), M (the granter must assume one).

   Rules: a drop starts a new session, acknowledged or not, and log messages carry
   it; P covers B for reads only while B counts and has acknowledged, in this
   session, every committed entry; P proposes to add B only then.

   Bounds: NW writes, ND drops, NL losses of the connection.
   Must fail: COVER_LEARNER (P covers a learner at once)
     COVER_COUNTED (covers as soon as B counts, though it lacks entries)
     ADD_EARLY (swapped in when counted, its log not yet whole)
     NOSESS (an acknowledged drop keeps the session), also with KEEPCOPY (B keeps
       its copies when it acknowledges the drop)
     NOWAIT (the swap alone expels B)
     COUNT_LATE (counted only when the outcome is known)
     SNAPCUT (a late second snapshot may shorten the log)
     NOAUTH_LATE (B's lease is needed only when the outcome is known). */
#ifndef NW
#define NW 2
#endif
#ifndef ND
#define ND 1
#endif
#ifndef NL
#define NL 1
#endif
mtype = { prepare, commit, snapshot, drop_replica, prepare_ack, drop_ack };
chan pb=[3] of { mtype, byte, byte }; /* type, seq, session */
chan bp=[3] of { mtype, byte, byte };
byte E=1; bool inE=1; bool bprim=0;       /* coordinator: epoch, B in the set, B primary */
byte plen=0, pcom=0, sent=0, acked=0, gn=0, sess=1, nd=0, nl=0; 
bool cnt=1, need=1, dropping=0, ready=1;  /* P: B counts in ack set; lease needed; drop landed and B not yet proved silent; B acknowledged all committed */
byte swp=0;                               /* P's swap in flight: 0 none, 1 drop, 2 add; */ byte swE=0; bool swdone=0;
byte blen=0, bcom=0, bs=1; bool bok=1, basked=0; byte baskE=0; /* B: durable log 1..blen, session, has a copy at all */
bool L0,F0,M0; byte L0s,F0s;              /* lease P->B */
bool L1,F1,M1;                            /* lease B->P */
byte k, q; mtype ty;
#define Z k=0; q=0; ty=0
#ifdef SNAPCUT
#define SNAPOK true
#else
#define SNAPOK (k>blen)
#endif
#ifdef NOAUTH_LATE
#define AL true
#else
#define AL false
#endif
#define PAUTH (!need || L1)
#ifdef NOSESS
#define NEWSESS skip
#define SOK true
#define SAMES true
#else
#define NEWSESS sess++
#define SOK (q==bs)
#define SAMES (q==sess)
#endif
#if defined(COVER_LEARNER)
#define COVER true
#elif defined(COVER_COUNTED)
#define COVER cnt
#else
#define COVER (cnt && ready)
#endif
#ifdef ADD_EARLY
#define ADDOK cnt
#else
#define ADDOK (cnt && ready)
#endif
inline clr() { do :: len(pb)>0 -> pb?_,_,_ :: len(pb)==0 -> break od; do :: len(bp)>0 -> bp?_,_,_ :: len(bp)==0 -> break od }
active proctype S() { do
 /* P: writes */
 :: d_step { plen<NW -> plen++; printf("P prepares %d\n",plen) }
 :: d_step { (cnt || swp==3) && sent<plen && nfull(pb) -> sent++; pb!prepare(sent,sess) }
 :: d_step { pcom<plen && (!cnt || acked>pcom) && !dropping && !(swp==1 && !swdone && acked<=pcom) -> pcom++; if :: pcom>gn -> gn=pcom :: else -> skip fi; printf("P COMMITS %d, answers\n",pcom) }
 :: d_step { (cnt || swp==3) && pcom>0 && nfull(pb) && !(pb?[commit,_,_]) && bcom<pcom -> pb!commit(pcom,sess) }
 :: d_step { nempty(bp) -> bp?ty,k,q; if
      :: ty==prepare_ack && (cnt || swp==3) && SAMES -> if :: k>acked -> acked=k; printf("P counts B's ack of %d\n",k) :: else -> skip fi; if :: acked>=pcom && cnt -> ready=1 :: else -> skip fi
      :: ty==drop_ack && dropping && k==E -> dropping=0; printf("P: B acknowledged the drop\n")
      :: else -> skip fi; Z }
 /* P drops B: swap, lands or fails, outcome known later; union counts meanwhile */
 :: d_step { swp==0 && inE && cnt && need && nd<ND -> nd++; swp=1; swE=E; printf("P proposes to drop B\n") }
 :: d_step { swp==1 && !swdone && swE==E -> E++; inE=0; swdone=1; printf("coordinator: B dropped, epoch %d\n",E) }
 :: d_step { swp==1 && swdone && !bprim -> swp=0; swdone=0; cnt=0; need=0; ready=0;
#ifndef NOWAIT
      dropping=1;
#endif
      acked=0; sent=0; NEWSESS; printf("P learns that B is dropped\n") }
 :: d_step { dropping && nfull(pb) && !(pb?[drop_replica,_,_]) -> pb!drop_replica(E,sess) }
 :: d_step { dropping && !M0 -> dropping=0; printf("P: B's leases from P are over\n") }
 /* P adds B again */
 :: d_step { swp==0 && !inE && !dropping && !cnt && !bprim && nfull(pb) ->
acked=0; ready=0;
      sent=pcom; pb!snapshot(pcom,sess); printf("P: B is learner, snapshot at %d sent\n",pcom); swp=3 }
#ifndef COUNT_LATE
 :: d_step { swp==3 && !cnt -> cnt=1; if :: acked>=pcom && cnt -> ready=1 :: else -> skip fi; printf("P counts B from now on\n") }
#endif
 :: d_step { swp==3 && nfull(pb) && !ready && acked<pcom && sent>acked -> sent=pcom; pb!snapshot(pcom,sess); printf("P sends the snapshot at %d again\n",pcom) }
 :: d_step { swp==3 && ADDOK && (AL || L1) -> swp=2; swE=E; need=!AL; printf("P proposes to add B\n") }
#ifdef COUNT_LATE
 :: d_step { swp==3 && L1 -> need=1; swp=2; swE=E; printf("P proposes to add B (not counted)\n") }
#endif
 :: d_step { swp==2 && !swdone && swE==E -> E++; inE=1; swdone=1; printf("coordinator: B added, epoch %d\n",E) }
 :: d_step { swp==2 && swdone && !bprim -> swp=0; swdone=0; cnt=1; need=1; if :: acked>=pcom -> ready=1 :: else -> skip fi; printf("P learns that B is added\n") }
 /* B */
 :: d_step { nempty(pb) && nfull(bp) && !bprim -> pb?ty,k,q;
      if :: q>bs -> bs=q; bok=0; bcom=0 :: else -> skip fi;
      if
      :: SOK && ty==prepare && bok && k==blen+1 -> blen=k; bp!prepare_ack(k,bs); printf("B durable %d, acks\n",k)
      :: SOK && ty==prepare && bok && k<=blen -> bp!prepare_ack(k,bs)
      :: SOK && ty==commit && bok && k>bcom -> bcom=k; if :: bcom>blen -> bcom=blen :: else -> skip fi; printf("B hears commit %d\n",k)
      :: SOK && ty==snapshot && (!bok || SNAPOK) -> blen=k; bcom=k; bok=1; bp!prepare_ack(k,bs); printf("B installs snapshot %d\n",k)
      :: SOK && ty==drop_replica -> bp!drop_ack(k,bs);
#ifndef KEEPCOPY
         bok=0;
#endif
         printf("B acknowledges the drop\n")
      :: else -> skip fi; Z }
 /* leases */
 :: d_step { !bprim && !dropping && inE==inE && PAUTH && COVER && !(F0 && F0s==sess) -> F0=1; F0s=sess; M0=1; printf("P grants B a lease, session %d\n",sess) }
 :: d_step { F0 -> L0=1; L0s=F0s; F0=0; F0s=0;
#ifndef NOSESS
      if :: L0s>bs -> bs=L0s; bok=0; bcom=0 :: L0s<bs -> L0=0; L0s=0 :: else -> skip fi;
#endif
      printf("B holds P's lease\n") }
 :: d_step { M0 -> M0=0; L0=0; F0=0; L0s=0; F0s=0; printf("time: P's leases to B over\n") }
 :: d_step { !bprim && !basked && !F1 -> F1=1; M1=1; printf("B grants P a lease\n") }
 :: d_step { F1 -> F1=0; L1=1 }
 :: d_step { M1 -> M1=0; F1=0; L1=0; printf("time: B's leases to P over\n") }
 /* takeover by B: by its view of the epoch (any it has seen; a stale one fails) */
 :: d_step { !basked && !M1 && inE && !bprim -> basked=1; baskE=E; printf("B asks to be swapped in after epoch %d\n",E) }
 :: d_step { basked && !bprim -> if :: baskE==E -> E++; bprim=1; assert(blen>=gn); printf("B TAKES OVER, log %d\n",blen) :: else -> printf("B's swap refused\n") fi; basked=0; baskE=0 }
 /* connection lost: both data lanes; P sends again from what was acknowledged */
 :: d_step { nl<NL && (nempty(pb) || nempty(bp)) -> nl++; clr(); if :: cnt && sent>acked && swp!=3 -> sent=acked :: else -> skip fi; printf("connection lost\n") }
 /* reads */
 :: d_step { !bprim && bok && L0 && L0s==bs && blen==bcom && bcom!=gn -> printf("B READS %d, committed is %d\n",bcom,gn); assert(false) }
 :: d_step { bprim && PAUTH && !(swp && !swdone && need && !L1) -> printf("TWO ACTING PRIMARIES\n"); assert(false) }
 :: d_step { bprim && blen<gn -> printf("ACKNOWLEDGED WRITE LOST\n"); assert(false) }
 od }
