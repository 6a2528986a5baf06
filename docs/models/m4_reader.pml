/* SPDX-License-Identifier: Apache-2.0 */
/* M4: a read of one key without a lock (R2) against lapse, expulsion, renewal,
   invalidation, validation. One holder, one key. A reader takes the steps of
   ORDER; the core of the holder and the home act between any two of them. The
   record {value, valid, session} is one atomic pointer, the lease {session, end}
   one atomic word. Sequentially consistent memory (else see MEMORY.md).

   Checked: what a read returns is not older than what was answered, or returned
   by a read that had ended, when the read began.
   Bounds: NR leases, READS reads of each of two readers, 3 writes.
   ORDER 5 (default): lease {session, end}; record, sessions compared; clock (R2)
   Must pass too: ORDER 2 (as 5, sessions not compared)
     ORDER 3 (record; lease, sessions compared; clock)
   Must fail: ORDER 1 (record; lease, sessions not compared; clock)
   Not in the list of runs: ORDER 4 (lease; clock; record), which passes with
     -DNR=2 -DREADS=2 and was not searched to the end with more. */
#ifndef ORDER
#define ORDER 5
#endif
#ifndef NR
#define NR 4
#endif
#ifndef READS
#define READS 3
#endif
byte com=0;                 /* committed and answered */
byte maxread=0;
byte now=0;                 /* terms over so far: term k is over when now>=k */
byte lease=0, lsess=0;      /* lease word: newest term held, its session */
byte rv=0; bool rok=0; byte rs=0;   /* record: value, valid, session */
byte req=0; byte hsess=0, hgr=0; bool indir=0;
byte pend=0; /* prepared, undecided, acked by holder */
proctype Core() {
 do
 :: atomic { req<NR && now<=req -> req++; hgr=req; if :: hsess!=lsess || lease==0 -> rok=0; rs=hsess :: else -> skip fi; lsess=hsess; lease=req }   /* renewal; a new session drops the copies first */
 :: atomic { lease>now && !rok && pend==0 && lsess==hsess -> rv=com; rok=1; rs=lsess; indir=1 }                     /* acquire copy */
 :: atomic { indir && pend==0 && com<3 && lease>now -> rok=0; pend=com+1 }                   /* INVAL, ack  */
 :: atomic { pend>com -> com=pend }                                                          /* home commits */
 :: atomic { pend>0 && pend==com && lsess==hsess && lease>now-> rv=com; rok=1; rs=lsess; pend=0 }                                     /* VALIDATE */
 :: atomic { indir && hgr<=now -> indir=0; hsess++; pend=0 }                                 /* expelled */
 :: atomic { !indir && pend==0 && com<3 -> com++ }                                           /* commits without holder */
 :: atomic { now<req -> now++ }
 od }
byte reads=0;
proctype Reader() { byte v, e, s, inv, st; bool ok;
 do
 :: atomic { reads<READS -> reads++; inv=com; if :: maxread>inv -> inv=maxread :: else -> skip fi }
#if ORDER==1
    atomic { v=rv; ok=rok; s=rs }  e=lease;            if :: atomic { ok && e>now -> assert(v>=inv); if :: v>maxread -> maxread=v :: else -> skip fi } :: else -> skip fi
#elif ORDER==2
    e=lease; atomic { v=rv; ok=rok; s=rs }             if :: atomic { ok && e>now -> assert(v>=inv); if :: v>maxread -> maxread=v :: else -> skip fi } :: else -> skip fi
#elif ORDER==3
    atomic { v=rv; ok=rok; s=rs } atomic { e=lease; st=lsess } if :: atomic { ok && st==s && e>now -> assert(v>=inv); if :: v>maxread -> maxread=v :: else -> skip fi } :: else -> skip fi
#elif ORDER==5
    atomic { e=lease; st=lsess } atomic { v=rv; ok=rok; s=rs } if :: atomic { ok && st==s && e>now -> assert(v>=inv); if :: v>maxread -> maxread=v :: else -> skip fi } :: else -> skip fi
#elif ORDER==4
    e=lease; ok=(e>now); atomic { v=rv; ok=(ok&&rok); s=rs } if :: atomic { ok -> assert(v>=inv); if :: v>maxread -> maxread=v :: else -> skip fi } :: else -> skip fi
#endif
    atomic { v=0;e=0;s=0;inv=0;st=0;ok=0 }
 :: reads>=READS -> break
 od }
init { atomic { run Core(); run Reader(); run Reader() } }
