/* SPDX-License-Identifier: Apache-2.0 */
/* M2: takeover and fence of one shard: T2, T3, T5, L2, F1, D4.
   P is primary in term 1, B its in-sync backup, H a holder of a copy from P. B
   stops granting P, waits its lease out, swaps (term 2, set {B}), fences and
   commits a write. P may stay alive for ever, cut off from B and from the
   coordinator, but connected with H. Lease terms are numbers of requests;
   "..._end" counts those that are over in real time.

   Bounds: NR leases each way.
   Must fail: PAIR_PH (P renews its lease to H whatever its own authority)
     PAIR_BP (B goes on renewing its lease to P after it stopped covering)
     LIST_EARLY (the list of registered machines is read before the swap)
     NOFENCE (no fence)
     EPOCH_LAX (H takes a copy grant of a term older than the fence it answered)
     OLDINC (an answer of H's new incarnation counts for the old one)
     BOOTWAIT_OFF (B restarts, forgets what it granted, swaps at once). */
#ifndef NR
#define NR 3
#endif
mtype = { copy_grant };
byte epoch=1;              /* coordinator */
byte prim=0;               /* 0 = P, 1 = B */
byte com=1;                /* committed and answered value (ghost) */
byte pcom=1;               /* P's committed value (P knows) */ 
/* lease B->P (P needs it: authority) */
byte p_last, p_cur, p_end, b_greq; chan bp=[1] of {byte}; chan pb=[1] of {byte}; bool b_stop=0;
/* pair lease P->H */
byte h_last, h_cur, h_end; chan ph=[1] of {byte,bool}; chan hp=[1] of {byte}; byte hcov; /* newest term that covers S */
byte pgr_before; /* h_last at the swap: terms whose request was sent before the swap */
chan phc=[1] of {mtype,byte}; bool hasked=0; /* copy grants P->H (own lane) */
byte hst=0, hval=0; byte hep=1; bool registered=0, inlist=0, listread=0;
bool fsent=0, fansw=0, fdone=0; bool newinc=0;
bool b_up=1; byte restarts=0;
bool p_knows=0;   /* P has learnt epoch 2 */
#define P_AUTH (p_cur > p_end && !p_knows)
#ifdef PAIR_PH
#define COVER true
#define HLIVE (h_cur > h_end)
#else
#define COVER P_AUTH
#define HLIVE (hcov > h_end)
#endif
#ifdef PAIR_BP
#define B_MAY true
#else
#define B_MAY (!b_stop)
#endif
#ifdef LIST_EARLY
#define LISTE true
#else
#define LISTE false
#endif
#ifdef OLDINC
#define OLDI true
#else
#define OLDI false
#endif
#ifdef BOOTWAIT_OFF
#define BW true
#else
#define BW false
#endif
byte x; bool y;
active proctype S() {
 do
 /* B -> P lease */
 :: atomic { p_last<NR && nfull(pb) -> p_last++; pb!p_last; printf("P asks B for lease %d\n",p_last) }
 :: atomic { B_MAY && b_up && nempty(pb) && nfull(bp) -> pb?x; b_greq=x; bp!x; printf("B grants P lease %d\n",x); x=0 }
 :: atomic { bp?x -> if :: x==p_last && x>p_end -> p_cur=x; printf("P holds B's lease (term %d)\n",x) :: else -> skip fi; x=0 }
 :: atomic { p_end<p_last -> p_end++; printf("time: P's term %d over\n",p_end) }
 :: atomic { !b_stop && prim==0 -> b_stop=1; printf("B gets no beacon, stops granting P\n") }
 /* P -> H lease, H asks, P answers */
 :: atomic { registered && h_last<NR && nfull(hp) -> h_last++; hp!h_last; printf("H asks P for lease %d\n",h_last) }
 :: atomic { nempty(hp) && nfull(ph) -> hp?x; y=COVER; ph!x,y; printf("P grants H lease %d, covers shard: %d (P acting: %d)\n",x,y,P_AUTH); x=0; y=0 }
 :: atomic { ph?x,y -> if :: x==h_last && x>h_end -> h_cur=x; if :: y -> hcov=x :: else -> hcov=0; hst=0; hval=0 fi; printf("H holds P's lease (term %d)\n",x) :: else -> skip fi; x=0; y=0 }
 :: atomic { h_end<h_last -> h_end++; printf("time: H's term %d over\n",h_end) }
 :: atomic { !registered -> registered=1; printf("H registers\n") }
 /* copy P -> H */
 :: atomic { registered && hst==0 && !hasked && P_AUTH && nfull(phc) -> hasked=1; phc!copy_grant(pcom); printf("P grants H a copy, value %d epoch 1\n",pcom) }
 :: atomic { phc?copy_grant(x) -> hasked=0;
#ifndef EPOCH_LAX
      if :: hep>1 -> printf("H refuses copy of old epoch\n") :: else -> hst=1; hval=x; printf("H installs copy %d\n",x) fi;
#else
      hst=1; hval=x; printf("H installs copy %d\n",x);
#endif
      x=0 }
 /* takeover */
 :: atomic { LISTE && !listread && prim==0 && b_stop -> listread=1; inlist=registered; printf("B reads list of machines: H in it: %d\n",inlist) }
 :: atomic { prim==0 && b_up && (restarts>0 && BW || (b_stop && b_greq<=p_end)) && (!LISTE || listread) -> epoch=2; prim=1; pgr_before=h_last; printf("B SWAPS itself in, epoch 2\n") }
 :: atomic { BW && restarts==0 && prim==0 -> restarts=1; printf("B restarts (forgets its grants)\n") }
 :: atomic { prim==1 && !listread -> listread=1; inlist=registered; printf("B reads list of machines after swap: H in it: %d\n",inlist) }
 :: atomic { prim==1 && listread && inlist && !fsent -> fsent=1; printf("B sends fence to H\n") }
 :: atomic { fsent && !fansw -> fansw=1; hep=2; hst=0; hval=0; printf("H drops copies, answers fence\n") }
#ifdef OLDINC
 :: atomic { fsent && !fansw -> fansw=1; newinc=1; printf("H's NEW incarnation answers the fence (the old process lives on, cut off)\n") }
#endif
 /* P answers the fence too, or is not reached; "all answered" needs P as well */
 :: atomic { prim==1 && !p_knows -> p_knows=1; printf("P learns epoch 2, stops\n") }
#ifdef NOFENCE
 :: atomic { prim==1 && !fdone -> fdone=1 }
#else
 :: atomic { prim==1 && listread && !fdone && (!inlist || fansw) && (p_knows || LISTE || OLDI) -> fdone=1; printf("B: all registered machines answered\n") }
 :: atomic { prim==1 && !fdone && (h_end>=pgr_before) -> fdone=1; printf("B: D_g after the swap is over\n") }
#endif
 :: atomic { prim==1 && fdone && com<3 -> com++; printf("B COMMITS %d and answers\n",com) }
 :: atomic { prim==0 && P_AUTH && com<2 && hst==0 && !hasked && hcov<=h_end -> com++; pcom=com; printf("P commits %d (no holder)\n",com) }
 /* checks */
 :: atomic { hst==1 && HLIVE && hval<com -> printf("H READS %d, committed and answered is %d\n",hval,com); assert(false) }
 :: atomic { P_AUTH && pcom<com -> printf("P READS %d, committed is %d\n",pcom,com); assert(false) }
 :: atomic { P_AUTH && prim==1 -> printf("TWO ACTING PRIMARIES\n"); assert(false) }
 od }
