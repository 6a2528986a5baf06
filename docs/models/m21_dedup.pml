/* SPDX-License-Identifier: Apache-2.0 */
/* M21: retries, refusals, the window of de-duplication (C3). One shard: a log
   (committed part and tail); primary 0 -> 1 -> 2, the third joined by snapshot; a
   superseded primary may still think that it acts. One command X with a guard, two
   attempts (delivered at any later time, to the acting or to a superseded primary;
   attempt 2 perhaps by another origin if the id is the client's own); others flip
   the guard. Entries: 1 guard true, 2 guard false, 3 X applied, 4 X refused.

   Checked: X is applied at most once, and never after or before a refusal that was
   believed; a refusal's guard was false at a committed instant since the start.
   Bounds: FLIPS flips of the guard, log of LL.
   Must fail: CLIENT_UNLOGGED (the refusal of a client's own id is not logged when
       its origin sent no other attempt)
     DUPFRAME (an agent or the transport sends attempt 1 twice)
     REF_NOLOG (refusals of attempt 2 are not logged)
     REF_NOLEASE (a superseded primary answers refusals)
     REF_UNCOMM (a refusal rests on prepared, uncommitted state)
     SNAP_NODEDUP, SNAP_NOFLOOR (a snapshot lacks the table, the floor)
     NOFLOOR (a forgotten id is taken for new)
     DROP_REF (only applied ids are remembered)
     RETRY_NOWAIT (a retry of an undecided id is refused by its guard at once). */
#ifndef LL
#define LL 5
#endif
#ifndef FLIPS
#define FLIPS 2
#endif
byte log[LL+1]; byte ln=0, com=0, x=0; bool g=0, g0=0; byte k=0; bool floor=0; byte fo=0; byte flips=0; bool fg=0;
bool client=0; bool s1=0, s2=0; byte d1=0, d2=0; byte told=0; bool wasfalse=0;
bool z=0, zg=0; byte zk=0;
byte i, r; bool gp, tx, tf;
inline scan() { gp=g; tx=0; tf=0; i=com+1; do :: i<=ln -> if :: log[i]==1 -> gp=1 :: log[i]==2 -> gp=0 :: log[i]==3 -> tx=1 :: log[i]==4 -> tf=1 fi; i++ :: else -> break od; i=0 }
inline clr() { gp=0; tx=0; tf=0; i=0; r=0 }
inline tell(w) { if :: told==0 -> told=w; printf("told %d (1 committed 2 refused)\n",w); assert(!(w==2 && (x>0 || !wasfalse))) :: else -> skip fi }
#ifdef CLIENT_UNLOGGED
#define MUSTLOG(a) ((a)==2 && !client)
#define BELIEVE (client || !s2)
#elif defined(REF_NOLOG)
#define MUSTLOG(a) false
#define BELIEVE true
#else
#define MUSTLOG(a) ((a)==2 || client)
#define BELIEVE (!client && !s2)
#endif
#ifdef REF_UNCOMM
#define RESTS true
#else
#define RESTS (com==ln)
#endif
inline arrive(a) { scan();
   if :: k==3 -> tell(1)
      :: k==4 -> tell(2)
      :: k==0 && floor -> printf("attempt %d: older than remembered: unknown\n",a)
      :: k==0 && !floor && gp -> ln++; log[ln]=3; printf("attempt %d: primary appends X\n",a)
      :: k==0 && !floor && !gp && MUSTLOG(a) -> ln++; log[ln]=4; printf("attempt %d: primary appends REFUSED\n",a)
      :: k==0 && !floor && !gp && !MUSTLOG(a) -> printf("attempt %d: primary refuses, not logged\n",a); if :: BELIEVE -> tell(2) :: else -> skip fi
   fi }
#ifdef RETRY_NOWAIT
#define WAITOK true
#else
#define WAITOK (!tx && !tf)
#endif
#ifdef DUPFRAME
#define MAX1 2
#else
#define MAX1 1
#endif
active proctype M() {
 atomic { if :: g=0 :: g=1 fi; if :: client=0 :: client=1 fi }
 do
 :: atomic { !s1 -> s1=1; wasfalse=!g; printf("attempt 1 sent (client's own id: %d, guard %d)\n",client,g) }
 :: atomic { s1 && !s2 && (told==0 || client) -> s2=1; printf("attempt 2 sent%c\n",(client -> '*' : ' ')) }
 :: atomic { flips<FLIPS && ln<LL -> flips++; scan(); ln++; log[ln]=(gp -> 2 : 1); printf("another command prepares guard=%d\n",!gp); clr() }
 :: atomic { s1 && d1<MAX1 && ln<LL -> scan(); (WAITOK && (gp || MUSTLOG(1) || k!=0 || floor || RESTS)); d1++; arrive(1); clr() }
 :: atomic { s2 && d2<1 && ln<LL -> scan(); (WAITOK && (gp || MUSTLOG(2) || k!=0 || floor || RESTS)); d2++; arrive(2); clr() }
 :: atomic { com<ln -> com++; r=log[com]; 
      if :: r==1 -> g=1 :: r==2 -> g=0; if :: s1 -> wasfalse=1 :: else -> skip fi
         :: r==3 -> x++; printf("X COMMITS\n"); assert(x<2 && told!=2); k=3; tell(1)
         :: r==4 -> printf("REFUSED commits\n");
#ifndef DROP_REF
            k=4;
#endif
            tell(2) fi; clr() }
 /* superseded primary */
 :: atomic { z && s1 && d1<MAX1 -> d1++; printf("attempt 1 goes to the superseded primary\n");
#ifdef REF_NOLEASE
      if :: zk==0 && !zg && BELIEVE -> tell(2) :: else -> skip fi
#endif
   }
 :: atomic { z && s2 && d2<1 -> d2++; printf("attempt 2 goes to the superseded primary\n") }
 /* takeover: the tail survives up to some length */
 :: atomic { fo<2 -> fo++; scan(); z=1; zg=gp; zk=(tx -> 3 : k); i=com; do :: i<ln -> if :: i++ :: break fi :: else -> break od; ln=i; i=ln+1; do :: i<=LL -> log[i]=0; i++ :: else -> break od;
      if :: fo==2 ->
#ifdef SNAP_NODEDUP
        k=0;
#endif
#ifdef SNAP_NOFLOOR
        floor=0;
#endif
        skip
      :: else -> skip fi;
      printf("takeover %d, log %d committed %d\n",fo,ln,com); clr() }
 :: atomic { !fg && k>0 -> fg=1; k=0;
#ifndef NOFLOOR
     floor=1;
#endif
     printf("the window forgets X\n") }
 od }
