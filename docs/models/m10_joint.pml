/* SPDX-License-Identifier: Apache-2.0 */
/* M10: log, fence, copies, restarts and planned moves in one model: T1 to T5, M2,
   M4, C1, D3, D4, R1, L1 to L4, F1, and F2 with -DMOVE.
   Replicas 0 (primary of term 1) and 1, holder H, one key. Every read, at
   primary, backup or holder, must give the newest committed write; none is lost;
   one primary acts.

   Log messages under a term are facts that stay deliverable for ever (as m3). The
   copy lane of each replica is FIFO. A lease of a pair (G, x) is L (the term that
   x holds), F (a grant in flight), M (G must assume that one is live); renewals
   are unbounded, "time" events end them. Lg, Fg: the newest term in the
   coordinator at the grant, so that "D_g after the swap" ends exactly the leases
   granted before it. An expulsion is abstract (m1 checks T4).

   Bounds: NT terms, NW writes, NRES restarts in all. A takeover keeps or drops
   the other replica. LOSS: the copy lane may lose its content. HRES: H restarts
   too. ONLYMOVE: no takeovers.
   Must fail: NOFENCE; NOL2 (swap while a lease that B granted may live); NOT5 (a
       restart forgets its grants); SAMETERM (a restarted primary goes on in its
       term); TERM_VOLATILE (the joined term is forgotten at a restart); ACTOLD
       (acts on the landing of a swap of its older incarnation); ABSENTB (a backup
       whose nonce is absent when read back covers again, and acts when the swap
       lands after all); TAKEADD (a takeover may add a replica; -DNT=3 -DNW=1);
       NOTAIL (undecided keys are read after a takeover); NOMARK (a backup reads
       an undecided key's old value); NOCUT (no cut at joining; -DNT=3)
     with MOVE: UNFENCED (moves before its own fence is done; -DNT=3 -DNW=1
       -DNRES=0); MOVEREAD (stops covering, goes on reading and committing);
       GRANTON (grants copies after the directory is handed over); ABSENT (nonce
       absent when read back = the swap failed: resumes); STALEDIR (the directory
       of an earlier try counts); NODIR (acts on the swap without directory). */
#ifndef NT
#define NT 2
#endif
#ifndef NW
#define NW 2
#endif
#ifndef NRES
#define NRES 1
#endif
#ifdef NOMARK
#define MARK true
#else
#define MARK (rlen[r]==rcom[r])
#endif
#ifdef NOTAIL
#define TAILOK true
#else
#define TAILOK (rcom[r]>=tail[r])
#endif
#ifdef NOL2
#define L2OK true
#else
#define L2OK (!M[r*2])
#endif
#ifdef MOVEREAD
#define RUNS(r) act[r]
#else
#define RUNS(r) (act[r] && !mv[r])
#endif
#ifdef GRANTON
#define GRUNS(r) act[r]
#else
#define GRUNS(r) RUNS(r)
#endif
#if defined(ABSENTB) || defined(ACTOLD)
#define ACTS true
#else
#define ACTS asked[r]
#endif
#ifdef TAKEADD
#define SUBSET true
#else
#define SUBSET (mem[T]==3)
#endif
#ifdef UNFENCED
#define MFENCE true
#else
#define MFENCE fdone[r]
#endif
mtype = { copy_grant, invalidate, validate };
chan lane[2] = [2] of { mtype, byte, byte };
byte T=1, nw=0, gn=0, nres=0;
byte prim[NT+1], mem[NT+1], elen[NT+1], ak[NT+1], comn[NT+1]; bool started[NT+1]; byte elog[16]; byte gcom[4];
byte rterm[2], rlen[2], rcom[2], tail[2], kt[2], log[8], askt[2], askm[2], hack[2], is[2], vs[2];
bool act[2], fdone[2], dir[2], asked[2], rst[2], mv[2], hok[2], hdir[2]; byte mvc=0, mvp=0;
byte L[4], Lg[4], F[4], Fg[4]; bool M[4];
byte hterm=1, cterm=0, cst=0, cpos=0, cpend=0;
byte ni, te, xx, yy;
#define Z te=0; ni=0; xx=0; yy=0
#define EL(e,k) elog[(e)*4+(k)]
#define LOG(q,k) log[(q)*4+(k)]
#define IN(m,q) (((m)>>(q))&1)
#define AUTH(q) (RUNS(q) && (mem[rterm[q]]==(1<<(q)) || L[(1-(q))*2]==rterm[q]))
inline forget(q) { act[q]=0; tail[q]=0; fdone[q]=0; dir[q]=0; hack[q]=0; is[q]=0; vs[q]=0; mv[q]=0 }
inline start(q,fd) { /* q acts as primary of T */
  forget(q); rterm[q]=T; act[q]=1; tail[q]=rlen[q]; fdone[q]=fd; started[T]=1; elen[T]=rlen[q]; comn[T]=rcom[q]; asked[q]=0; hok[q]=0; hdir[q]=0;
  ni=1; do :: ni<=rlen[q] -> EL(T,ni)=LOG(q,ni); ni++ :: else -> break od;
  ni=1; do :: ni<=gn -> assert(rlen[q]>=ni && LOG(q,ni)==gcom[ni]); ni++ :: else -> break od;
  printf("replica %d acts as primary of term %d, set %d, log length %d\n",q,T,mem[T],rlen[q]); Z }
inline join(q,e) { forget(q); ni=0;
#ifndef NOCUT
  do :: ni<rlen[q] && ni<elen[e] && LOG(q,ni+1)==EL(e,ni+1) -> ni++ :: else -> break od;
  do :: rlen[q]>ni -> LOG(q,rlen[q])=0; rlen[q]-- :: else -> break od;
#endif
  assert(rcom[q]<=rlen[q]); rterm[q]=e; kt[q]=e; ak[e]=rlen[q]; asked[q]=0; hok[q]=0; hdir[q]=0; printf("replica %d joins term %d, log length %d\n",q,e,rlen[q]); Z }
#define CANJOIN(q,e) (e<=T && started[e] && rterm[q]<e && prim[e]!=q && IN(mem[e],q))
inline lgrant(p,c) { F[p]=c; Fg[p]=T; M[p]=1; printf("lease granted by %d to %d (0 other replica, 1 H), covers term %d\n",p/2,p%2,c) }
inline clr(q) { do :: len(lane[q])>0 -> lane[q]?_,_,_ :: len(lane[q])==0 -> break od }
inline rx(q) {
  lane[q]?yy,te,xx;
  if :: yy==copy_grant -> if :: te<hterm -> printf("H refuses a copy of term %d\n",te) :: else -> cst=1; cterm=te; cpos=xx; cpend=0; printf("H installs copy seq %d term %d\n",xx,te) fi
     :: yy==invalidate -> if :: cterm==te && cst && xx>cpos -> cst=2; cpend=xx :: else -> skip fi; if :: act[q] && rterm[q]==te && dir[q] && hack[q]<xx -> hack[q]=xx :: else -> skip fi; printf("H invalidate seq %d term %d, acks\n",xx,te)
 :: yy==validate -> if :: cterm==te && cst==2 && cpend==xx -> cst=1; cpos=xx; cpend=0; printf("H validate seq %d term %d\n",xx,te) :: else -> skip fi
  fi; Z }
proctype R(byte r) { do
 :: d_step { RUNS(r) && nw<NW -> nw++; rlen[r]++; LOG(r,rlen[r])=nw; te=rterm[r]; elen[te]=rlen[r]; EL(te,rlen[r])=nw; printf("primary %d term %d prepares seq %d = write %d\n",r,te,rlen[r],nw); Z }
 :: d_step { CANJOIN(r,2) -> join(r,2) }
#if NT>2
 :: d_step { CANJOIN(r,3) -> join(r,3) }
#endif
 :: d_step { !act[r] && prim[rterm[r]]!=r && IN(mem[rterm[r]],r) && rlen[r]<elen[rterm[r]] && ak[rterm[r]]==rlen[r] -> te=rterm[r]; rlen[r]++; LOG(r,rlen[r])=EL(te,rlen[r]); ak[te]=rlen[r]; printf("backup %d term %d: seq %d durable, acks\n",r,te,rlen[r]); Z }
#ifdef TERM_VOLATILE
 :: d_step { !act[r] && prim[rterm[r]]!=r && IN(mem[rterm[r]],r) && ak[rterm[r]]<rlen[r] && ak[rterm[r]]<elen[rterm[r]] -> te=rterm[r]; ak[te]++; LOG(r,ak[te])=EL(te,ak[te]); printf("backup %d term %d: seq %d written over, acks\n",r,te,ak[te]); Z }
#endif
#ifdef NOCUT
 :: d_step { !act[r] && prim[rterm[r]]!=r && IN(mem[rterm[r]],r) && ak[rterm[r]]<elen[rterm[r]] && rlen[r]>=elen[rterm[r]] -> te=rterm[r]; ni=elen[te]; LOG(r,ni)=EL(te,ni); ak[te]=ni; Z }
#endif
 :: d_step { !act[r] && prim[rterm[r]]!=r && rcom[r]<rlen[r] && rcom[r]<comn[rterm[r]] -> rcom[r]++; printf("backup %d hears commit of seq %d\n",r,rcom[r]) }
 :: d_step { RUNS(r) && fdone[r] && rcom[r]<rlen[r] && (mem[rterm[r]]==(1<<r) || ak[rterm[r]]>rcom[r]) && (!dir[r] || hack[r]>rcom[r]) ->
      rcom[r]++; ni=rcom[r]; comn[rterm[r]]=ni; printf("primary %d term %d COMMITS seq %d = write %d, answers\n",r,rterm[r],ni,LOG(r,ni));
      if :: ni>gn -> assert(ni==gn+1); gn=ni; gcom[ni]=LOG(r,ni) :: else -> assert(gcom[ni]==LOG(r,ni)) fi; Z }
 /* copies */
 :: d_step { GRUNS(r) && !dir[r] && rcom[r]==rlen[r] && TAILOK && nfull(lane[r]) -> dir[r]=1; hack[r]=rcom[r]; is[r]=rcom[r]; vs[r]=rcom[r]; lane[r]!copy_grant(rterm[r],rcom[r]); printf("primary %d grants H a copy of seq %d, term %d\n",r,rcom[r],rterm[r]) }
 :: d_step { act[r] && dir[r] && is[r]<rlen[r] && nfull(lane[r]) -> is[r]++; lane[r]!invalidate(rterm[r],is[r]) }
 :: d_step { act[r] && dir[r] && vs[r]<rcom[r] && nfull(lane[r]) -> vs[r]=rcom[r]; lane[r]!validate(rterm[r],rcom[r]) }
#ifdef LOSS
 :: d_step { nempty(lane[r]) -> clr(r); is[r]=hack[r]; printf("lane %d to H lost with its content\n",r) }
#endif
 :: d_step { act[r] && dir[r] && !M[r*2+1] -> dir[r]=0; hack[r]=0; is[r]=0; vs[r]=0; clr(r); if :: cterm==rterm[r] -> cst=0; cterm=0; cpos=0; cpend=0 :: else -> skip fi; printf("primary %d expels H\n",r) }
 /* leases */
 :: d_step { AUTH(r) && IN(mem[rterm[r]],1-r) && mem[rterm[r]]==3 && F[r*2]!=rterm[r] && !mv[r] -> lgrant(r*2,rterm[r]) }
 :: d_step { AUTH(r) && F[r*2+1]!=rterm[r] && !mv[r] -> lgrant(r*2+1,rterm[r]) }
 :: d_step { !act[r] && !asked[r] && prim[rterm[r]]!=r && IN(mem[rterm[r]],r) && kt[r]<=rterm[r] && F[r*2]!=rterm[r] -> lgrant(r*2,rterm[r]) }
 /* takeover, also by the restarted primary */
#ifndef ONLYMOVE
 :: d_step { T<NT && !askt[r] && !asked[r] && IN(mem[T],r) && !(act[r] && rterm[r]==T) && L2OK && (!rst[r] || (!M[r*2] && !M[r*2+1])) && SUBSET -> forget(r); rst[r]=0; asked[r]=1; askt[r]=T; askm[r]=3; printf("replica %d asks to be swapped in after term %d\n",r,T) }
 :: d_step { T<NT && !askt[r] && !asked[r] && IN(mem[T],r) && !(act[r] && rterm[r]==T) && L2OK && (!rst[r] || (!M[r*2] && !M[r*2+1])) -> forget(r); rst[r]=0; asked[r]=1; askt[r]=T; askm[r]=1<<r; printf("replica %d asks to be swapped in after term %d, alone\n",r,T) }
#endif
 :: d_step { askt[r] -> if :: askt[r]==T -> T++; prim[T]=r; mem[T]=askm[r]; printf("SWAP: term %d primary %d set %d\n",T,r,mem[T]);
        if :: ACTS ->
#ifdef NOFENCE
         start(r,1)
#else
         start(r,0)
#endif
         :: else -> skip fi
      :: else -> asked[r]=0; printf("swap of %d refused\n",r) fi; askt[r]=0; askm[r]=0 }
#ifdef ABSENTB
 :: d_step { asked[r] && askt[r]==T -> asked[r]=0; printf("replica %d reads back, its nonce is absent: covers again\n",r) }
#endif
 /* fence F1: the old primary is not asked; the other replica only if this one was the old primary itself */
 :: d_step { act[r] && !fdone[r] && hterm<rterm[r] -> hterm=rterm[r]; cst=0; cterm=0; cpos=0; cpend=0; printf("H answers the fence of term %d\n",rterm[r]) }
 :: d_step { act[r] && !fdone[r] && kt[1-r]<rterm[r] && prim[rterm[r]-1]==r -> kt[1-r]=rterm[r]; forget(1-r); printf("replica %d answers the fence of term %d\n",1-r,rterm[r]) }
 :: d_step { act[r] && !fdone[r] && hterm>=rterm[r] && (prim[rterm[r]-1]!=r || kt[1-r]>=rterm[r]) -> fdone[r]=1; printf("primary %d: fence of term %d done\n",r,rterm[r]) }
 :: d_step { act[r] && !fdone[r] -> ni=0; do :: ni<4 -> if :: Lg[ni]<rterm[r] -> L[ni]=0; Lg[ni]=0 :: else -> skip fi; if :: Fg[ni]<rterm[r] -> F[ni]=0; Fg[ni]=0 :: else -> skip fi; ni++ :: else -> break od; fdone[r]=1; Z; printf("primary %d: D_g after the swap of term %d\n",r,rterm[r]) }
 /* restart: roles, leases held, known commits gone; log and term durable */
 :: d_step { nres<NRES -> nres++;
#ifndef SAMETERM
      forget(r);
#endif
#ifdef TERM_VOLATILE
      rterm[r]=1; kt[r]=1;
#endif
      asked[r]=0; hok[r]=0; hdir[r]=0; rcom[r]=0; kt[r]=rterm[r]; L[(1-r)*2]=0; Lg[(1-r)*2]=0; F[(1-r)*2]=0; Fg[(1-r)*2]=0;
#ifdef NOT5
      M[r*2]=0; M[r*2+1]=0;
#else
      M[r*2]=1; M[r*2+1]=1; rst[r]=1;
#endif
      printf("replica %d RESTARTS\n",r) }
#ifdef MOVE
 /* F2 */
 :: d_step { RUNS(r) && !mv[r] && MFENCE && rterm[r]==T && T<NT && mem[T]==3 && !mvc -> mv[r]=1; mvc=T; mvp=1-r; 
#ifndef STALEDIR
      hok[1-r]=0; hdir[1-r]=0;
#endif
      printf("primary %d stops, asks the coordinator to move to %d; directory not received\n",r,1-r) }
 :: d_step { RUNS(r) && !mv[r] && MFENCE && rterm[r]==T && T<NT && mem[T]==3 && !mvc && !act[1-r] -> mv[r]=1; mvc=T; mvp=1-r; hok[1-r]=1; hdir[1-r]=dir[r]; printf("primary %d stops, hands over directory (H in it: %d), asks the coordinator to move to %d\n",r,dir[r],1-r) }
 :: d_step { mvc && mvp==r -> if :: mvc==T -> T++; prim[T]=r; mem[T]=3; printf("SWAP (move): term %d primary %d\n",T,r);
        if :: hok[r] -> if :: hdir[r] -> start(r,0) :: else -> start(r,1) fi
#ifdef NODIR
           :: !hok[r] -> start(r,1)
#endif
           :: else -> skip fi
      :: else -> skip fi; mvc=0; mvp=0 }
#ifdef ABSENT
 :: d_step { act[r] && mv[r] && mvc && rterm[r]==T -> mv[r]=0; printf("primary %d reads back, its nonce is absent: resumes\n",r) }
#else
 :: d_step { act[r] && mv[r] && mvc && rterm[r]==T -> mv[r]=0; mvc=0; mvp=0; printf("primary %d lands another swap of its own (the first can no longer land): resumes\n",r) }
#endif
#endif
 /* reads */
 :: d_step { AUTH(r) && TAILOK && (rcom[r]!=gn) -> printf("PRIMARY %d term %d READS seq %d, committed is %d\n",r,rterm[r],rcom[r],gn); assert(false) }
 :: d_step { AUTH(0) && AUTH(1) -> printf("TWO ACTING PRIMARIES\n"); assert(false) }
 :: d_step { !act[r] && prim[rterm[r]]==1-r && IN(mem[rterm[r]],r) && kt[r]<=rterm[r] && L[(1-r)*2]==rterm[r] && MARK && rcom[r]!=gn -> printf("BACKUP %d term %d READS seq %d, committed is %d\n",r,rterm[r],rcom[r],gn); assert(false) }
 od }
proctype H() { do
 :: d_step { nempty(lane[0]) -> rx(0) }
 :: d_step { nempty(lane[1]) -> rx(1) }
 :: d_step { cst==1 && L[prim[cterm]*2+1]==cterm && (cpos!=gn || (gn>0 && EL(cterm,cpos)!=gcom[gn])) -> printf("H READS seq %d of term %d, committed is %d\n",cpos,cterm,gn); assert(false) }
#ifdef HRES
 :: d_step { nres<NRES -> nres++; hterm=1; cst=0; cterm=0; cpos=0; cpend=0; ni=1; do :: ni<4 -> L[ni]=0; Lg[ni]=0; F[ni]=0; Fg[ni]=0; ni=ni+2 :: else -> break od; Z; printf("H RESTARTS\n") }
#endif
 od }
#define TM(p) \
 :: d_step { F[p] -> L[p]=F[p]; Lg[p]=Fg[p]; F[p]=0; Fg[p]=0; printf("lease %d applied, covers term %d\n",p,L[p]); if :: p%2==1 && cterm && prim[cterm]==p/2 && cterm!=L[p] -> cst=0; cterm=0; cpos=0; cpend=0 :: else -> skip fi } \
 :: d_step { M[p] -> M[p]=0; L[p]=0; Lg[p]=0; F[p]=0; Fg[p]=0; printf("every lease %d is over for its granter\n",p) }
proctype Time() { do TM(0) TM(1) TM(2) TM(3) od }
init { d_step { prim[1]=0; mem[1]=3; started[1]=1; rterm[0]=1; rterm[1]=1; kt[0]=1; kt[1]=1; act[0]=1; fdone[0]=1 };
  atomic { run R(0); run R(1); run H(); run Time() } }
