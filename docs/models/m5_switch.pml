/* SPDX-License-Identifier: Apache-2.0 */
/* M5: a home, a switch agent (it may restart with a new incarnation), a leaf
   behind it that can fall back to the home: S1, S2, D5. Leases home -> switch and
   switch -> leaf are nested; home -> leaf is a lease of its own.

   Must fail: NOT_NESTED (the leaf's lease is not bounded by the switch's own)
     NEWINC_IS_PROOF (the home takes a new incarnation of the switch, or its
       acknowledgement, as the end of the old one's copies)
     HOME_LEASE_READ (the leaf reads a copy of the switch under the home's lease)
     ADOPT (a leaf that falls back keeps its copies under the home's lease
       without being in the home's directory)
     ACK_EARLY (the switch acknowledges before its leaves have, or their leases
       are over). */
#ifndef NR
#define NR 3
#endif
#define NL 3
byte com=0, prep=0;
/* home */
bool hdir_sw=0, hdir_l=0; byte hinc=0 /* incarnation of the holder entry */; bool hack_sw=0, hack_l=0; byte hgr=0; byte hgrl=0; byte hsess=0;
/* switch */
byte sinc=0; byte sreq=0, send=0; byte slease=0; bool scopy=0, svalid=0; byte sval=0; byte sprep=0; bool sdir=0; bool sack_l=0; byte sgr=0; byte ssess=0;
/* old switch incarnation's promises to leaf live on only as the leaf's term */
/* leaf: lease from switch (terms), parent term ; direct lease from home */
byte lreq=0, lend=0, llease=0; byte par[NL+1]; byte linc=0; /* switch incarnation that granted */
byte dreq=0, dend=0, dlease=0;
bool lcopy=0, lvalid=0; byte lval=0; byte lprep=0; byte lfrom=0; /* 1 switch, 2 home */
chan h2s=[2] of {byte,byte}; chan s2h=[2] of {byte,byte}; chan s2l=[3] of {byte,byte}; chan l2s=[3] of {byte,byte}; chan h2l=[2] of {byte,byte}; chan l2h=[2] of {byte,byte};
#define copy_grant 1
#define invalidate 2
#define validate 3
#define invalidate_ack 4
byte t,x; byte oldreq=0;
#ifdef NEWINC_IS_PROOF
#define NIP true
#else
#define NIP false
#endif

#define SLIVE (slease>send)
#define LLIVE (llease>lend)
#define DLIVE (dlease>dend)
#ifdef HOME_LEASE_READ
#define LREAD (DLIVE)
#else
#define LREAD ((lfrom==1 && LLIVE) || (lfrom==2 && DLIVE))
#endif
#ifdef NOT_NESTED
#define TIMEOK true
#else
/* switch term send+1 may end only when every leaf term under it has ended */
#define TIMEOK ((lend>=1 || par[1]!=send+1) && (lend>=2 || par[2]!=send+1) && (lend>=3 || par[3]!=send+1))
#endif
#ifdef ACK_EARLY
#define SACK true
#else
#define SACK (!sdir || sack_l || sgr<=lend)
#endif
active proctype S() {
 do
 /* leases */
 :: atomic { sreq<NR && hdir_sw==hdir_sw -> sreq++; hgr=sreq; if :: ssess!=hsess -> scopy=0; svalid=0; sdir=0; ssess=hsess :: else -> skip fi; slease=sreq; printf("home grants SW lease term %d\n",sreq) }
 :: atomic { send<sreq && TIMEOK -> send++; printf("time: SW term %d over\n",send) }
 :: atomic { SLIVE && lreq<NL -> lreq++; par[lreq]=slease; sgr=lreq; 
      if :: (linc!=sinc || !LLIVE) && lfrom==1 -> lcopy=0; lvalid=0; lfrom=0; lprep=0; sdir=0; do :: nempty(s2l) -> s2l?_,_ :: nempty(l2s) -> l2s?_,_ :: (len(s2l)==0 && len(l2s)==0) -> break od;  :: (linc!=sinc || !LLIVE) && lfrom!=1 -> sdir=0; do :: nempty(s2l) -> s2l?_,_ :: nempty(l2s) -> l2s?_,_ :: (len(s2l)==0 && len(l2s)==0) -> break od; :: else -> skip fi; linc=sinc; llease=lreq; printf("SW grants leaf lease term %d under its term %d\n",lreq,slease) }
 :: atomic { lend<lreq -> lend++; printf("time: leaf term %d over\n",lend) }
 :: atomic { dreq<2 -> dreq++; hgrl=dreq; dlease=dreq; if :: lfrom==2 && !DLIVE -> lcopy=0; lvalid=0; lfrom=0 :: else -> skip fi; printf("home grants leaf direct lease term %d\n",dreq) }
 :: atomic { dend<dreq -> dend++; if :: lfrom==2 && !DLIVE -> lcopy=0; lvalid=0; lfrom=0; lprep=0 :: else -> skip fi; printf("time: leaf's direct term %d over\n",dend) }
 /* copies */
 :: atomic { SLIVE && !scopy && prep==com && nfull(h2s) && ssess==hsess && !(hdir_sw) -> hdir_sw=1; hinc=sinc; hack_sw=0; h2s!copy_grant,com; printf("home grants SW (inc %d) a copy %d\n",sinc,com) }
 :: atomic { SLIVE && LLIVE && linc==sinc && scopy && svalid && !lcopy && lfrom==0 && nfull(s2l) -> sdir=1; sack_l=0; s2l!copy_grant,sval; printf("SW grants leaf a copy %d\n",sval) }
 :: atomic { DLIVE && !lcopy && lfrom==0 && prep==com && !hdir_l && nfull(h2l) -> hdir_l=1; hack_l=0; h2l!copy_grant,com; printf("home grants leaf directly a copy %d\n",com) }
#ifdef ADOPT
 :: atomic { lcopy && lfrom==1 && DLIVE -> lfrom=2; printf("leaf falls back to home with its copies\n") }
#else
 :: atomic { lcopy && lfrom==1 -> lcopy=0; lvalid=0; lfrom=0; lprep=0; printf("leaf leaves the switch, drops its copies\n") }
#endif
 /* write */
 :: atomic { prep==com && com<2 && nfull(h2s) && nfull(h2l) -> prep++; hack_sw=0; hack_l=0; if :: hdir_sw -> h2s!invalidate,prep :: else -> skip fi; if :: hdir_l -> h2l!invalidate,prep :: else -> skip fi; printf("home prepares %d\n",prep) }
 :: atomic { prep>com && (!hdir_sw || hack_sw) && (!hdir_l || hack_l) && nfull(h2s) && nfull(h2l) -> com=prep; printf("home COMMITS %d\n",com); if :: hdir_sw -> h2s!validate,com :: else -> skip fi; if :: hdir_l -> h2l!validate,com :: else -> skip fi }
 :: atomic { hdir_sw && prep>com && ((hinc==sinc && hgr<=send) || (hinc!=sinc && oldreq<=send)) -> hdir_sw=0; hsess++; do :: nempty(h2s) -> h2s?_,_ :: nempty(s2h) -> s2h?_,_ :: (len(h2s)==0 && len(s2h)==0) -> break od;  printf("home expels SW (term over)\n") }
 :: atomic { hdir_l && prep>com && hgrl<=dend -> hdir_l=0; do :: nempty(h2l) -> h2l?_,_ :: nempty(l2h) -> l2h?_,_ :: (len(h2l)==0 && len(l2h)==0) -> break od;  printf("home expels leaf (direct term over)\n") }
 :: atomic { s2h?t,x -> if :: x==prep && hdir_sw -> hack_sw=1; printf("home counts SW ack %d\n",x) :: else -> skip fi; t=0;x=0 }
 :: atomic { l2h?t,x -> if :: x==prep -> hack_l=1 :: else -> skip fi; t=0;x=0 }
 /* switch */
 :: atomic { h2s?[copy_grant,x] -> h2s?t,x; scopy=1; svalid=1; sval=x; sprep=0; t=0;x=0 }
 :: atomic { h2s?[invalidate,x] && nfull(s2l) && nfull(s2h) -> h2s?t,x; 
      if :: (!scopy && hinc!=sinc && !NIP) -> skip
         :: (!scopy && (hinc==sinc || NIP)) -> s2h!invalidate_ack,x; printf("SW has no copy, acks invalidate %d\n",x)
         :: else -> svalid=0; sprep=x; sack_l=0; if :: sdir -> s2l!invalidate,x :: else -> skip fi; printf("SW fans out invalidate %d\n",x) fi; t=0;x=0 }
 :: atomic { sprep>0 && nfull(s2h) && SACK -> s2h!invalidate_ack,sprep; sprep=0; printf("SW acks\n") }
 :: atomic { h2s?[validate,x] && nfull(s2l) -> h2s?t,x; if :: scopy && x>sval -> svalid=1; sval=x; sprep=0; if :: sdir -> s2l!validate,x :: else -> skip fi :: else -> skip fi; t=0;x=0 }
 :: atomic { l2s?t,x -> if :: x==sprep -> sack_l=1 :: else -> skip fi; t=0;x=0 }
 :: atomic { sinc==0 -> sinc=1; oldreq=sreq; scopy=0; svalid=0; sval=0; sprep=0; sdir=0; sack_l=0; slease=0; sgr=0; ssess=9;
      do :: nempty(h2s) -> h2s?_,_ :: nempty(s2h) -> s2h?_,_ :: nempty(l2s) -> l2s?_,_ :: nempty(s2l) -> s2l?_,_ :: (len(h2s)==0 && len(s2h)==0 && len(l2s)==0 && len(s2l)==0) -> break od;
      /* home keeps the old incarnation's entry until its terms are over */
      if :: (NIP && hdir_sw && prep>com) -> h2s!invalidate,prep :: else -> skip fi;
      printf("SW restarts, new incarnation\n") }
 /* leaf */
 :: atomic { s2l?[copy_grant,x] && nfull(l2s) -> s2l?t,x; if :: !lcopy && LLIVE && linc==sinc -> lcopy=1; lvalid=1; lval=x; lfrom=1; lprep=0; printf("leaf installs copy %d of switch\n",x) :: else -> skip fi; t=0;x=0 }
 :: atomic { s2l?[invalidate,x] && nfull(l2s) -> s2l?t,x; if :: lcopy && lfrom==1 -> lvalid=0; lprep=x :: else -> skip fi; l2s!invalidate_ack,x; t=0;x=0 }
 :: atomic { s2l?[validate,x] -> s2l?t,x; if :: lcopy && lfrom==1 && lprep==x -> lvalid=1; lval=x; lprep=0 :: else -> skip fi; t=0;x=0 }
 :: atomic { h2l?[copy_grant,x] -> h2l?t,x; if :: !lcopy && DLIVE -> lcopy=1; lvalid=1; lval=x; lfrom=2; lprep=0; printf("leaf installs direct copy %d\n",x) :: else -> skip fi; t=0;x=0 }
 :: atomic { h2l?[invalidate,x] && nfull(l2h) -> h2l?t,x; if :: lcopy && lfrom==2 -> lvalid=0; lprep=x :: else -> skip fi; l2h!invalidate_ack,x; t=0;x=0 }
 :: atomic { h2l?[validate,x] -> h2l?t,x; if :: lcopy && lfrom==2 && lprep==x -> lvalid=1; lval=x; lprep=0 :: else -> skip fi; t=0;x=0 }
 /* checks */
 :: atomic { lcopy && lvalid && LREAD && lval<com -> printf("LEAF READS %d (copy from %d: 1 switch 2 home), committed %d\n",lval,lfrom,com); assert(false) }
 :: atomic { scopy && svalid && SLIVE && sval<com -> printf("SWITCH READS %d, committed %d\n",sval,com); assert(false) }
 od }
