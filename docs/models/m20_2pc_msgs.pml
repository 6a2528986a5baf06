/* SPDX-License-Identifier: Apache-2.0 */
/* M20: two-phase commit with its messages: P1 to P4, C3's floor. Shard D decides
   (key A), shard S takes part (key B); each has a primary, a backup that reads, a
   holder, a log (committed part and the primary's tail, which a takeover keeps or
   loses), one takeover, one learner by snapshot afterwards. A message that was
   sent is deliverable any number of times at any later time until lost. The origin
   may die at any step; both shards may forget the command. One command.

   Checked: after a new value was seen, or "committed" answered, every read of A or
   B is new; the command is applied once a shard, and never in one only; at the end
   no key is locked and the shards agree.
   Bounds: LOSS losses.
   Must fail: NORECOVER (a new primary of D does not decide by itself what it finds
       prepared); FORGET_EARLY (D forgets a commit before S has committed);
     NOFLOOR_S, NOFLOOR_D (a forgotten id is taken for new);
     VAL_AT_PREP (the commit of the prepare entry validates);
     SNAP_NOLOCK (a snapshot has no locks); LOCKS_LOST (locks are not rebuilt from
       the log); GRANT_LOCKED (a copy is granted with a locked key under it);
     SEND_EARLY (D sends the decision when it is appended, not committed);
     ABORT_UNLOGGED ("unknown" is answered as abort, not logged);
     VOTE_EARLY (S votes when its prepare is appended). */
#ifndef LOSS
#define LOSS 1
#endif
bool oalive=1, started=0; byte answered=0; bool seen=0; byte again=0;
bool mstart,mprep,mvote,mask,mcom,mab,mdone; byte loss=0, die=0, fD=0, fS=0, fgD=0, fgS=0;
byte dt=0, dd=0; bool dp=0, dcoll=0, dvote=0, dl=0, dterm=0, dfen=1, dsd=0, dk=1; byte hA=0, bA=0, da=0; bool gA=0;
byte st=0, sd=0; bool sp=0, sl=0, sterm=0, sfen=1, sk=1; byte hB=0, bB=0, sa=0; bool gB=0;
#define QUIET(h,b) ((h)!=0 && (h)!=2 && (b)!=0 && (b)!=2)
inline ans(x) { if :: oalive && answered==0 -> answered=x; printf("origin is answered %d (1 committed 2 aborted)\n",x) :: else -> skip fi }
active proctype M() {
 atomic { if :: loss=0 :: loss=LOSS fi; if :: die=0 :: die=1 fi; if :: fD=0 :: fD=1 fi; if :: fS=0 :: fS=1 fi; if :: fgD=0 :: fgD=1 fi; if :: fgS=0 :: fgS=1 fi }
 do
 /* origin */
 :: atomic { oalive && !started -> started=1; mstart=1; if :: mprep=1 :: skip fi; printf("origin sends START to D (PREPARE to S at once: %d)\n",mprep) }
 :: atomic { oalive && started && answered==0 && !mstart -> mstart=1; printf("origin retries START\n") }
 :: atomic { die>0 && oalive -> die=0; oalive=0; printf("origin dies\n") }
 :: atomic { loss>0 -> if :: mstart -> mstart=0 :: mprep -> mprep=0 :: mvote -> mvote=0 :: mask -> mask=0 :: mcom -> mcom=0 :: mab -> mab=0 :: mdone -> mdone=0 fi; loss--; printf("a message is lost\n") }
 /* D */
 :: atomic { mstart && dt==0 && !dp && dd==0 && dk -> dt=1; dcoll=1; dl=1; mprep=1; printf("D appends PREPARE, locks A, sends PREPARE to S\n") }
 :: atomic { mstart && dd!=0 && dk && answered==0 && oalive -> ans(dd) }
#ifdef NOFLOOR_D
 :: atomic { mstart && !dk && again==0 -> again=1; dd=0; dp=0; dk=1; dvote=0; dsd=0; dt=1; dcoll=1; dl=1; mprep=1; hA=3; bA=1; printf("D has forgotten the id: takes START for new\n") }
#endif
 :: atomic { dcoll && dd==0 && !mprep && !dvote -> mprep=1; printf("D sends PREPARE again\n") }
 :: atomic { dt==1 && QUIET(hA,bA) && dfen -> dp=1; dt=0; printf("D: PREPARE entry commits\n");
#ifdef VAL_AT_PREP
     if :: hA==1 -> hA=2; printf("D validates its holder\n") :: else -> skip fi
#endif
   }
 :: atomic { mvote && dcoll && !dvote && dd==0 -> dvote=1; printf("D counts S's yes\n") }
 :: atomic { dcoll && dp && dvote && dt==0 && dd==0 -> dt=2; printf("D appends COMMIT\n");
#ifdef SEND_EARLY
     mcom=1
#endif
   }
 :: atomic { dt==2 && dfen -> dd=1; dt=0; dl=0; dcoll=0; da++; mcom=1; ans(1); printf("D: COMMIT entry commits, A is new\n"); assert(da<2) }
 :: atomic { dt==0 && dd==0 && dk && (dcoll && dp || mask && !dcoll) -> dt=3; printf("D appends ABORT (time-out, or asked about what it does not know)\n") }
 :: atomic { dt==3 && dfen -> dd=2; dt=0; dl=0; dcoll=0; mab=1; ans(2); printf("D: ABORT entry commits\n"); assert(!(answered==1)) }
#ifndef NORECOVER
 :: atomic { dterm && dfen && (dp || dt==1) && dd==0 && !dcoll && dt<2 -> dcoll=1; dvote=0; printf("new primary of D finds T prepared in its log, collects again\n") }
#endif
#ifdef ABORT_UNLOGGED
 :: atomic { mask && dd==0 && !mab -> mab=1; printf("D answers ABORT, not logged\n") }
#endif
 :: atomic { mask && dk && dd==1 && !mcom -> mcom=1 }
 :: atomic { mask && (dk && dd==2 || !dk) && !mab -> mab=1; printf("D answers ABORT (known %d)\n",dk) }
 :: atomic { dd==1 && dk && !dsd && !mcom && !mask -> mcom=1; printf("D sends COMMIT again\n") }
 :: atomic { mdone && dd==1 && !dsd -> dsd=1; printf("D knows that S has committed its part\n") }
#ifdef FORGET_EARLY
 :: atomic { fgD>0 && dd!=0 && dk -> fgD=0; dk=0; printf("D forgets T\n") }
#else
 :: atomic { fgD>0 && dk && (dd==2 || dd==1 && dsd) -> fgD=0; dk=0; printf("D forgets T\n") }
#endif
 :: atomic { hA==0 && (dt==1 || dp && dd==0) -> hA=1 } :: atomic { bA==0 && dt==1 -> bA=1 }
 :: atomic { dd==1 && hA==1 -> hA=2 } :: atomic { dd==1 && bA==1 -> bA=2 } :: atomic { dd==2 && hA==1 -> hA=0 } :: atomic { dd==2 && bA==1 -> bA=0 }
 :: atomic { fD>0 && started -> fD=0; dterm=1; dcoll=0; dvote=0; dsd=0; dfen=0; bA=3; if :: dt>0 -> if :: dt=0 :: skip fi :: else -> skip fi;
#ifdef LOCKS_LOST
      dl=0;
#else
      dl=(dt==1 || dp && dd==0);
#endif
      printf("D fails over (tail %d, prepared %d, decided %d)\n",dt,dp,dd) }
 :: atomic { !dfen -> dfen=1; hA=3 }
#ifdef GRANT_LOCKED
 :: atomic { !gA && hA==3 && dfen -> gA=1; hA=(dd==1 -> 2 : 0); printf("D grants a prefix copy (A locked: %d)\n",dl) }
#else
 :: atomic { !gA && hA==3 && dfen && !dl -> gA=1; hA=(dd==1 -> 2 : 0); printf("D grants a copy of A\n") }
#endif
 :: atomic { dterm && bA==3 && dfen ->
#ifdef SNAP_NOLOCK
      bA=(dd==1 -> 2 : 0);
#else
      bA=(dl -> 1 : (dd==1 -> 2 : 0));
#endif
      printf("D: learner joins by snapshot\n") }
 /* S */
 :: atomic { mprep && st==0 && !sp && sd==0 && sk -> st=1; sl=1; printf("S appends PREPARE, locks B\n");
#ifdef VOTE_EARLY
      mvote=1
#endif
   }
#ifdef NOFLOOR_S
 :: atomic { mprep && !sk && again==0 -> again=1; sp=0; sd=0; sk=1; st=1; sl=1; hB=3; bB=1; printf("S has forgotten the id: takes a late PREPARE for new\n") }
#endif
 :: atomic { st==1 && QUIET(hB,bB) && sfen -> sp=1; st=0; mvote=1; printf("S: PREPARE entry commits, S votes yes\n");
#ifdef VAL_AT_PREP
     if :: hB==1 -> hB=2; printf("S validates its holder\n") :: else -> skip fi
#endif
   }
 :: atomic { mprep && sp && sd==0 && !mvote -> mvote=1; printf("S votes yes again\n") }
 :: atomic { sp && sd==0 && st==0 && !mask && !mcom && !mab -> mask=1; printf("S asks D\n") }
 :: atomic { mcom && sp && sd==0 && st==0 -> st=2; printf("S appends COMMIT\n") }
 :: atomic { mab && sp && sd==0 && st==0 -> st=3; printf("S appends ABORT\n") }
 :: atomic { st==2 && sfen -> sd=1; st=0; sl=0; sa++; mdone=1; printf("S: COMMIT entry commits, B is new\n"); assert(sa<2) }
 :: atomic { st==3 && sfen -> sd=2; st=0; sl=0; printf("S: ABORT entry commits\n") }
 :: atomic { mcom && sd==1 && !mdone && !dsd -> mdone=1 }
 :: atomic { fgS>0 && sd!=0 && sk -> fgS=0; sk=0; printf("S forgets T\n") }
 :: atomic { hB==0 && (st==1 || sp && sd==0) -> hB=1 } :: atomic { bB==0 && st==1 -> bB=1 }
 :: atomic { sd==1 && hB==1 -> hB=2 } :: atomic { sd==1 && bB==1 -> bB=2 } :: atomic { sd==2 && hB==1 -> hB=0 } :: atomic { sd==2 && bB==1 -> bB=0 }
 :: atomic { fS>0 && started -> fS=0; sterm=1; sfen=0; bB=3; if :: st>0 -> if :: st=0 :: skip fi :: else -> skip fi;
#ifdef LOCKS_LOST
      sl=0;
#else
      sl=(st==1 || sp && sd==0);
#endif
      printf("S fails over (tail %d, prepared %d, decided %d)\n",st,sp,sd) }
 :: atomic { !sfen -> sfen=1; hB=3 }
#ifdef GRANT_LOCKED
 :: atomic { !gB && hB==3 && sfen -> gB=1; hB=(sd==1 -> 2 : 0); printf("S grants a prefix copy (B locked: %d)\n",sl) }
#else
 :: atomic { !gB && hB==3 && sfen && !sl -> gB=1; hB=(sd==1 -> 2 : 0); printf("S grants a copy of B\n") }
#endif
 :: atomic { sterm && bB==3 && sfen ->
#ifdef SNAP_NOLOCK
      bB=(sd==1 -> 2 : 0);
#else
      bB=(sl -> 1 : (sd==1 -> 2 : 0));
#endif
      printf("S: learner joins by snapshot\n") }
 /* reads: primary, backup, holder of A and of B */
 :: atomic { !seen && (answered==1 || !dl && da>0 || hA==2 || bA==2 || !sl && sa>0 || hB==2 || bB==2) -> seen=1; printf("a reader sees new (or 'committed' was answered)\n") }
 :: atomic { seen && (!dl && da==0 || hA==0 || bA==0) -> printf("A READ OLD afterwards (primary lock %d, holder %d, backup %d)\n",dl,hA,bA); assert(false) }
 :: atomic { seen && (!sl && sa==0 || hB==0 || bB==0) -> printf("B READ OLD afterwards (primary lock %d, holder %d, backup %d)\n",sl,hB,bB); assert(false) }
 :: atomic { da>0 && sd==2 && sa==0 -> printf("ATOMICITY: A committed, B aborted\n"); assert(false) }
 :: atomic { sa>0 && da==0 && dt==3 -> printf("ATOMICITY: B committed, A aborts\n"); assert(false) }
 :: timeout -> if :: dl || sl -> printf("END: locked for ever: A %d B %d\n",dl,sl); assert(false) :: da!=sa -> printf("END: shards differ: A %d B %d\n",da,sa); assert(false)
       :: answered==1 && (da==0||sa==0) -> assert(false) :: answered==2 && da+sa>0 -> printf("END: answered aborted but applied\n"); assert(false) :: else -> break fi
 od }
