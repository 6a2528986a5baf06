/* SPDX-License-Identifier: Apache-2.0 */
/* M22: listings and absent keys without a lock (R3), at a holder of a prefix. Keys
   K1, K2 of one shard; command 1 sets K1=1 and inserts K2=1, command 2 sets K1=2
   and deletes K2: three cuts (0,-) (1,1) (2,-). The core changes the table one
   word at a time; a reader lists, reads K1, or reads K2 (TWO: two readers, not
   searched to the end). Prefix word {valid, session, counter} and lease word
   {session, end} are one atomic word each. Sequentially consistent memory (else see
   MEMORY.md).

   Rules: the reader loads lease word, prefix word, records, prefix word again
   (equal), clock, once for the whole listing. The writer marks every key of the
   command, inserting invalid records, then moves the counter, then acknowledges.
   Drop and evict: prefix word not valid first, then the records, the lease word
   last. Install: records, then the prefix word with a counter never used before.

   Checked: what is served is a cut not older than what was answered, or seen by a
   read that had ended, before the read began.
   Bounds: NR leases, READS reads, 2 commands, 1 eviction.
   Must fail: COUNT_FIRST, COUNT_NONE (the counter moves before the marks, never)
     NO_INSERT (no invalid record for an absent key); NO_BRACKET
     EVICT_NOCOUNT (evict and install keep the counter)
     PW_NOSESS (prefix word without session and state)
     LEASE_FIRST (lease word stored before the copies are dropped, no session
       compared)
     SHIFT (an entry moves inside the table)
     GROW_MIX (the table pointer is loaded before the prefix word and again)
   Must pass too: LEASE_LAST (lease word after the second prefix word)
     CLOCK_EARLY (clock before the records)
     GROW (a new table built aside; -DNR=2 -DREADS=1 to be searched to the end). */
#ifndef NR
#define NR 3
#endif
#ifndef READS
#define READS 2
#endif
byte com=0, maxread=0, now=0, req=1, hgr=1, hsess=0; bool indir=1, busy=0;
byte invalidate=0, invalidate_ack=0, validate=0, ms=0;                 /* home -> core: invalidate n, validate n, their session; core -> home: invalidate_ack n */
byte lease=1, lsess=0;                        /* lease word */
bool pv=1; byte ps=0, cnt=0;                  /* prefix word */
byte t1=1, v1=0, s1=0;                        /* K1: 0 absent 1 valid 2 invalid */
byte t2=0, v2=0, s2=0; 
#ifdef SHIFT
bool moved=1;
#else
bool moved=0;
#endif
bool grown=0; byte o1, ov1, os1, o2, ov2, os2;   /* the old table, frozen */
         /* K2; moved: which of its two probe slots holds it */
byte evicts=0, reads=0, moves=0;
#define K2OF(n) ((n)==1 -> 1 : 0)
proctype Time() { do :: atomic { now<req -> now++ } od }
proctype Home() { byte n;
 do
 :: atomic { com<2 && !busy -> busy=1; n=com+1; invalidate_ack=0; if :: indir -> invalidate=n; ms=hsess :: else -> skip fi }
 :: atomic { busy && (invalidate_ack==n || !indir) -> com=n; busy=0; if :: indir -> validate=n; ms=hsess :: else -> validate=0 fi; invalidate=0; n=0; invalidate_ack=0 }
 :: atomic { busy && indir && hgr<=now -> indir=0; hsess++; invalidate=0; validate=0 }
 od }
proctype Core() { byte n, pend;
 do
 :: atomic { invalidate>0 && ms==lsess && pv -> n=invalidate; pend=invalidate; }
#ifdef COUNT_FIRST
    cnt++;
#endif
    t1=2;
#ifdef NO_INSERT
    if :: t2!=0 -> t2=2 :: else -> skip fi;
#else
    atomic { t2=2; s2=lsess };
#endif
#if !defined(COUNT_FIRST) && !defined(COUNT_NONE)
    cnt++;
#endif
    atomic { if :: invalidate==n && ms==lsess -> invalidate_ack=n; invalidate=0 :: else -> skip fi; n=0 }
 :: atomic { invalidate>0 && ms==lsess && !pv -> invalidate_ack=invalidate; invalidate=0 }
 :: atomic { validate>0 && ms==lsess && pv && validate!=pend -> validate=0 }      /* a newer one is pending (D2) */
 :: atomic { validate>0 && ms==lsess && pv && validate==pend -> n=validate; validate=0 }
    atomic { t1=1; v1=n; s1=lsess }; atomic { t2=K2OF(n); v2=K2OF(n); s2=lsess; n=0 }
 :: atomic { req<NR && invalidate==0 && validate==0 -> req++; hgr=req; n=req }     /* a renewal: the home's session of this instant */
    if :: atomic { lsess==hsess -> lease=n; n=0 }
       :: atomic { lsess!=hsess -> skip }
#ifdef LEASE_FIRST
          atomic { lease=n; lsess=hsess }; pv=0; t1=0; atomic { t2=0; cnt++; n=0 }
#elif defined(PW_NOSESS)
          t1=0; t2=0; atomic { lease=n; lsess=hsess; n=0; pv=0 }
#else
          pv=0; t1=0; t2=0; atomic { lease=n; lsess=hsess; n=0 }
#endif
    fi
 :: atomic { !pv && !busy && lsess==hsess && lease>now -> indir=1; n=com; invalidate=0; validate=0 }    /* install a copy */
    atomic { t1=1; v1=n; s1=lsess }; atomic { t2=K2OF(n); v2=K2OF(n); s2=lsess };
    atomic { pv=1; ps=lsess; n=0;
#if !defined(EVICT_NOCOUNT) && !defined(PW_NOSESS)
       cnt++
#endif
    }
 :: atomic { evicts<1 && pv && invalidate==0 && validate==0 -> evicts++; pv=0 } t1=0; t2=0; atomic { if :: lsess==hsess -> indir=0; invalidate=0; validate=0 :: else -> skip fi }
#ifdef SHIFT
 :: atomic { moves<1 && t2!=0 -> moves++; moved=!moved }
#endif
#if defined(GROW) || defined(GROW_MIX)
 :: atomic { !grown -> o1=t1; ov1=v1; os1=s1; o2=t2; ov2=v2; os2=s2; grown=1 }
#endif
 od }
proctype Reader() { bool tp; byte inv, e, s, c, a, av, as, b, bv, bs, i; bool w, ok, lst, mode2, same;
 do
 :: atomic { reads<READS -> reads++; inv=(maxread>com -> maxread : com); if :: lst=1 :: mode2=1 :: skip fi }
#ifndef LEASE_LAST
    atomic { e=lease; s=lsess }
#endif
#ifdef CLOCK_EARLY
    ok=(e>now);
#endif
#ifdef GROW_MIX
    tp=grown;
#endif
    if :: lst || mode2 -> atomic { w=pv; c=cnt; i=ps } :: else -> skip fi;
#ifdef GROW
    tp=grown;
#endif
    if :: lst || !mode2 -> atomic { if :: (tp || !grown) -> a=t1; av=v1; as=s1 :: else -> a=o1; av=ov1; as=os1 fi } :: else -> skip fi;
#ifdef GROW_MIX
    tp=grown;
#endif
    if :: lst || mode2 ->
#ifdef SHIFT
       atomic { if :: !moved -> b=t2; bv=v2; bs=s2 :: else -> b=0 fi }
       atomic { if :: b==0 && moved -> b=t2; bv=v2; bs=s2 :: else -> skip fi }
#else
       atomic { if :: (tp || !grown) -> b=t2; bv=v2; bs=s2 :: else -> b=o2; bv=ov2; bs=os2 fi }
#endif
       :: else -> skip fi;
    if :: lst || mode2 -> atomic {
#ifdef NO_BRACKET
         same=1
#elif defined(PW_NOSESS)
         same=(c==cnt); w=1
#else
         same=(w && pv && c==cnt && i==ps)
#endif
       } :: else -> same=1; w=1 fi;
#ifdef LEASE_LAST
    atomic { e=lease; s=lsess }
#endif
#ifndef CLOCK_EARLY
    ok=(e>now);
#endif
    atomic {
#if defined(PW_NOSESS) || defined(LEASE_FIRST)
      i=s; as=s; bs=s;
#endif
      if :: ok && lst && same && w && i==s && a==1 && as==s && (b==0 || b==1 && bs==s) ->         /* a listing */
             assert(av>=inv && ((av==1) == (b==1))); maxread=(av>maxread -> av : maxread)
         :: ok && !lst && !mode2 && a==1 && as==s -> assert(av>=inv); maxread=(av>maxread -> av : maxread)
         :: ok && !lst && mode2 && b==1 && bs==s -> assert(inv<=1 && com>=1); maxread=(maxread<1 -> 1 : maxread)
         :: ok && !lst && mode2 && b==0 && same && w && i==s -> assert(inv!=1 || com==2); maxread=(inv==1 -> 2 : maxread)   /* an absent key */
         :: else -> skip fi;
      inv=0;tp=0;e=0;s=0;c=0;a=0;av=0;as=0;b=0;bv=0;bs=0;i=0;w=0;ok=0;lst=0;mode2=0;same=0 }
 :: reads>=READS -> break
 od }
init { atomic { run Time(); run Home(); run Core(); run Reader();
#ifdef TWO
 run Reader()
#endif
 } }
