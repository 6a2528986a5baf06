/* SPDX-License-Identifier: Apache-2.0 */
/* M6: two-phase commit over two shards, in outline: P1, P3. Shard 1 decides. An
   entry, once committed, survives a failover; what shard 1 collects does not.

   Must fail: ABORT_UNLOGGED ("unknown means abort" is answered without logging)
     VOTE_EARLY (shard 2 votes before its holders acknowledged)
     NOTOMB (shard 1 forgets the abort; a late start of the command commits). */
byte dec=0;      /* shard 1's LOGGED decision: 0 none 1 commit 2 abort */
byte coll=0;     /* volatile: 1 = shard 1 collects votes, 2 = has decided commit, entry in flight (prepared, not yet committed) */
bool vote=0, voted=0; byte s2=0; /* 0 idle 1 prepared(locked) 2 committed 3 aborted */
byte ask=0, ans=0; byte hold=1; /* holder of shard 2's key: 1 valid old, 0 invalid */ bool answered=0; byte starts=0; bool inval=0;
byte fo=0;
active proctype S() {
 do
 :: atomic { starts<2 && coll==0 && dec==0 -> starts++; coll=1; printf("shard 1 starts the command (attempt %d)\n",starts) }
 :: atomic { coll==1 && s2==0 -> s2=1; inval=1; printf("shard 2 prepares, locks, sends invalidate\n") }
 :: atomic { inval && hold==1 -> hold=0; printf("holder invalid, acks\n") }
#ifdef VOTE_EARLY
 :: atomic { s2==1 && !voted -> voted=1; vote=1; printf("shard 2 votes yes\n") }
#else
 :: atomic { s2==1 && !voted && hold==0 -> voted=1; vote=1; printf("shard 2 votes yes\n") }
#endif
 :: atomic { coll==1 && vote && dec==0 -> coll=2; printf("shard 1 appends decision COMMIT (replicating)\n") }
 :: atomic { coll==2 && dec==0 -> dec=1; answered=1; printf("decision COMMIT durable, client answered\n") }
 :: atomic { coll==1 && dec==0 -> dec=2; coll=0; printf("shard 1 aborts (timeout), logged\n") }
 :: atomic { coll==2 && dec==2 -> coll=0 }
 :: atomic { fo<1 && coll>0 -> fo++; if :: coll==2 && dec==0 -> if :: coll=0 :: dec=1 ; answered=1; coll=0 fi :: else -> coll=0 fi; printf("shard 1 fails over (decision: %d)\n",dec) }
 :: atomic { s2==1 && ask==0 -> ask=1; printf("shard 2 asks shard 1\n") }
 :: atomic { ask==1 && ans==0 && dec==0 -> 
#ifndef ABORT_UNLOGGED
      dec=2; coll=0; 
#endif
      ans=2; printf("shard 1: undecided -> answers ABORT\n") }
 :: atomic { ask==1 && ans==0 && dec>0 -> ans=dec; printf("shard 1 answers %d\n",dec) }
 :: atomic { s2==1 && ans==1 -> s2=2; hold=0; printf("shard 2 commits\n") }
 :: atomic { s2==1 && ans==2 -> s2=3; printf("shard 2 aborts\n") }
 :: atomic { s2==1 && ans==0 && dec==1 && coll>0 -> s2=2; printf("shard 2 told COMMIT\n") }
#ifdef NOTOMB
 :: atomic { dec==2 && s2==3 -> dec=0; printf("shard 1 forgets the abort\n") }
#endif
 :: atomic { answered && s2==3 -> printf("ATOMICITY BROKEN: answered committed, shard 2 aborted\n"); assert(false) }
 :: atomic { answered && hold==1 -> printf("holder of shard 2 READS OLD after the answer\n"); assert(false) }
 od }
