/* SPDX-License-Identifier: Apache-2.0 */
/* M24: what a command over two shards only reads (P2). Keys A and B; each shard may
   fail over once: locks that are not logged are lost.
   MODE 1 (default), write skew: T guards A==0 and sets B=1, U guards B==0 and sets
     A=1; not both may be applied. Guarded keys are locked.
   MODE 2: a command reads A and B while others set (1,1), then (0,2), each at once.
     The pair that was read must have existed.

   Must fail: GUARD_UNLOGGED (a guard is locked in memory only)
     GUARD_NOLOCK (a guard is not locked)
     with MODE=2: PLAIN (reads one after the other), DOUBLE (reads both twice, an
       absent key has version 0), VOLATILE (locks in memory only)
   Must pass too: MODE=2; MODE=2 with DOUBLE_SEQ (reads both twice; the shard's
     sequence stands for the version of an absent key). */
#ifndef MODE
#define MODE 1
#endif
byte A=0, B=0; byte la=0, lb=0;   /* who locks */ byte foA=1, foB=1; byte cut=0; byte seqA=0, verA=0, verB=0;
#if MODE==1
proctype T(byte me) {
  /* prepares in any order; conflict = never goes on (abort) */
  bool g, w;
  do
  :: atomic { !g && (me==1 -> A==0 : B==0) && (me==1 -> la==0 : lb==0) -> g=1;
#ifndef GUARD_NOLOCK
       if :: me==1 -> la=1 :: else -> lb=2 fi
#endif
     }
  :: atomic { !w && (me==1 -> lb==0 : la==0) -> w=1; if :: me==1 -> lb=11 :: else -> la=12 fi }     /* >10: logged */
  :: atomic { g && w -> if :: me==1 -> B=1; if :: lb==11 -> lb=0 :: else skip fi; if :: la==1 || la==21 -> la=0 :: else skip fi
                           :: else -> A=1; if :: la==12 -> la=0 :: else skip fi; if :: lb==2 || lb==22 -> lb=0 :: else skip fi fi; assert(!(A==1 && B==1)); break }
  od }
proctype F() { do
#ifdef GUARD_UNLOGGED
 :: atomic { foA>0 && la>0 && la<10 -> foA=0; la=0 }
 :: atomic { foB>0 && lb>0 && lb<10 -> foB=0; lb=0 }
#else
 :: atomic { foA>0 -> foA=0 } :: atomic { foB>0 -> foB=0 }
#endif
 od }
init { atomic { run T(1); run T(2); run F() } }
#else
proctype W() {   /* T then U, two-phase: lock both, change each, unlock each */
  byte n=1;
  do :: n<3 -> 
      if :: atomic { la==0 -> la=10+n } ; atomic { lb==0 -> lb=10+n } :: atomic { lb==0 -> lb=10+n } ; atomic { la==0 -> la=10+n } fi;
      if :: atomic { A=(n==1 -> 1 : 0); seqA++; verA=(n==1 -> seqA : 0); la=0 } ; atomic { B=n; verB++; lb=0 }
         :: atomic { B=n; verB++; lb=0 } ; atomic { A=(n==1 -> 1 : 0); seqA++; verA=(n==1 -> seqA : 0); la=0 } fi; n++
     :: else -> break od }
proctype R() { byte a, b, va, vb, a2, b2;
#if defined(PLAIN)
  atomic { la==0 -> a=A } ; atomic { lb==0 -> b=B } ;
#elif defined(DOUBLE) || defined(DOUBLE_SEQ)
#ifdef DOUBLE
#define VER verA
#else
#define VER seqA
#endif
  atomic { la==0 -> a=A; va=VER } ; atomic { lb==0 -> b=B; vb=verB } ; atomic { lb==0 && vb==verB -> skip } ; atomic { la==0 && va==VER -> skip } ;   /* second round in any order: here B, A */
#else
  if :: atomic { la==0 -> la=3; a=A } ; atomic { lb==0 -> lb=3; b=B } :: atomic { lb==0 -> lb=3; b=B } ; atomic { la==0 -> la=3; a=A } fi;
  atomic { if :: la==3 -> la=0 :: else -> skip fi; if :: lb==3 -> lb=0 :: else -> skip fi }
#endif
  atomic { assert((a==0 && b==0) || (a==1 && b==1) || (a==0 && b==2)) } }
proctype F() { do
#ifdef VOLATILE
 :: atomic { foA>0 && la==3 -> foA=0; la=0 }
 :: atomic { foB>0 && lb==3 -> foB=0; lb=0 }
#endif
 :: atomic { foA>0 && foB==9 -> foA=0 }
 od }
init { atomic { run W(); run R(); run F() } }
#endif
