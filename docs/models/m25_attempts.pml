/* SPDX-License-Identifier: Apache-2.0 */
/* M25: two-phase commit, attempts after the first and lock conflicts (P5).
   NS (2 or 3) shards; all take part, shard 0 decides. Commands T (0) and U (1)
   write the same keys on every shard, so they conflict; T has a guard on shard
   1. OWN_DECIDER: U is decided by a shard of its own instead of shard 0. Each
   is tried up to NA times. Messages are facts: once sent, deliverable for ever,
   in any order, any number of times. The deciding shards fail over once: what
   they collect is lost, their tail is kept or lost. One origin may die.
   Replication inside a shard is left out (m20).

   Checked: no attempt commits after another one of the same id, or after the
   origin was told "refused"; a participant is prepared in the attempt that is
   committed; at the end no key is locked, the shards have committed the same
   commands in the same order, every living origin has its answer or its last
   attempt was aborted.

   Must fail: START_EARLY (attempt k + 1 starts before the abort record of k)
     VOTE_NOATT (a vote does not name its attempt)
     DECISION_NOATT (a decision does not name its attempt)
     TELL_EARLY (a no vote for a guard is told before its abort record)
     LOCK_WAIT (a locked key makes the command wait, nobody times out;
       -DOWN_DECIDER -DNS=3: with one decider its own lock prevents a cycle)
   Must pass too: NOTIMEOUT (only a no vote aborts). */
#ifndef NS
#define NS 2
#endif
#define NC 2
#ifndef NA
#define NA 2
#endif
#define A(c, k) ((c) * (NA + 1) + (k))
#define I(c, s) ((c) * NS + (s))
#define V(c, s, k) (I(c, s) * (NA + 1) + (k))

byte want[NC];               /* origin: the attempt it has started */
byte told[NC];               /* origin: 1 committed, 2 refused */
bool dead[NC]; byte deaths = 0;
byte collecting[NC];         /* shard 0: attempt whose votes it collects */
byte tail[NC], tail_of[NC];  /* shard 0: appended decision and its attempt */
byte decision[NC * (NA + 1)];     /* logged: 1 commit, 2 abort, 3 refusal */
bool prepared[NC * (NA + 1)];     /* shard 0: its own prepare entry */
bool prepare[NC * (NA + 1)];      /* message to every participant */
byte vote[NC * NS * (NA + 1)];    /* message, bits: 1 yes 2 locked 4 guard */
byte at[NC * NS];            /* participant: attempt that it prepared */
byte over[NC * NS];          /* participant: attempts known to be aborted */
bool done[NC * NS];          /* participant: committed */
byte lock[NS + 1], newest[NS + 1]; /* owner + 1; who committed last + 1 */
byte commits[NC];
bool guard = 1; byte flips = 0, failovers = 0;
byte s;

#ifdef OWN_DECIDER
#define HOME(c) ((c) * NS)
#else
#define HOME(c) 0
#endif
#define BIT(v, b) (((v) / (b)) % 2)
#define WON(c) (commits[c] > 0)
#ifdef LOCK_WAIT
#define TIMEOUT false
#elif defined(NOTIMEOUT)
#define TIMEOUT false
#else
#define TIMEOUT true
#endif
#ifdef START_EARLY
#define MAY_START(c, k) true
#define MAY_TRY(c, k) (decision[A(c, k)] == 0 || decision[A(c, k)] == 2)
#define IDLE(c, k) (collecting[c] != k)
#else
#define MAY_START(c, k) (k == 1 || decision[A(c, k - 1)] == 2)
#define MAY_TRY(c, k) (decision[A(c, k)] == 2)
#define IDLE(c, k) (collecting[c] == 0)
#endif

/* Participant s said yes to attempt k (or, VOTE_NOATT, to any). */
#ifdef VOTE_NOATT
#define YES(c, s, k) \
  (BIT(vote[V(c, s, 1)], 1) || BIT(vote[V(c, s, NA)], 1))
#else
#define YES(c, s, k) BIT(vote[V(c, s, k)], 1)
#endif
#if NS > 2
#define ALL_YES(c, k) (YES(c, 1, k) && YES(c, 2, k))
#define LOCKED(c, k) (BIT(vote[V(c, 1, k)], 2) || BIT(vote[V(c, 2, k)], 2))
#else
#define ALL_YES(c, k) YES(c, 1, k)
#define LOCKED(c, k) BIT(vote[V(c, 1, k)], 2)
#endif
#define REFUSED(c, k) BIT(vote[V(c, 1, k)], 4)
#define COLLECTS(c) (collecting[c] > 0 && tail[c] == 0)

inline unlock(c, x) {
  if :: lock[x] == c + 1 -> lock[x] = 0 :: else -> skip fi
}

proctype Command(byte c) {
  byte k = 0;
  do
  /* origin */
  :: d_step { !dead[c] && want[c] == 0 -> want[c] = 1;
       printf("command %d: attempt 1\n", c) }
  :: d_step { !dead[c] && told[c] == 0 && want[c] > 0 && want[c] < NA &&
       MAY_TRY(c, want[c]) -> want[c]++;
       printf("command %d: attempt %d\n", c, want[c]) }
  :: d_step { !dead[c] && told[c] == 0 && want[c] > 0 &&
       decision[A(c, want[c])] % 2 == 1 ->
       told[c] = (decision[A(c, want[c])] == 1 -> 1 : 2);
       printf("command %d: told %d (1 committed 2 refused)\n", c, told[c]);
       assert(told[c] == 1 || !WON(c)) }
#ifdef START_EARLY
  :: d_step { !dead[c] && told[c] == 0 && want[c] > 1 &&
       decision[A(c, 1)] == 1 -> told[c] = 1 }
#endif
#ifdef TELL_EARLY
  :: d_step { !dead[c] && told[c] == 0 && c == 0 && want[c] > 0 &&
       BIT(vote[V(c, 1, want[c])], 4) -> told[c] = 2;
       printf("command %d: told refused by the vote\n", c);
       assert(!WON(c)) }
#endif
  :: d_step { !dead[c] && deaths == 0 && want[c] > 0 -> deaths++; dead[c] = 1;
       printf("origin of command %d dies\n", c) }
  /* shard 0 */
  :: d_step { want[c] > 0 && tail[c] == 0 && !WON(c) && IDLE(c, want[c]) &&
       !prepared[A(c, want[c])] && decision[A(c, want[c])] == 0 &&
       MAY_START(c, want[c]) && (lock[HOME(c)] == 0 || lock[HOME(c)] == c + 1) ->
       k = want[c]; lock[HOME(c)] = c + 1; prepared[A(c, k)] = 1; collecting[c] = k;
       prepare[A(c, k)] = 1; k = 0;
       printf("shard 0 prepares command %d, sends prepare\n", c) }
#ifndef LOCK_WAIT
  :: d_step { want[c] > 0 && tail[c] == 0 && !WON(c) && IDLE(c, want[c]) &&
       !prepared[A(c, want[c])] && decision[A(c, want[c])] == 0 &&
       MAY_START(c, want[c]) && lock[HOME(c)] != 0 && lock[HOME(c)] != c + 1 ->
       tail[c] = 2; tail_of[c] = want[c];
       printf("shard 0: command %d finds a lock, appends abort\n", c) }
#endif
  :: d_step { COLLECTS(c) && ALL_YES(c, collecting[c]) ->
       tail[c] = 1; tail_of[c] = collecting[c];
       printf("shard 0 appends commit of command %d attempt %d\n", c,
              tail_of[c]) }
  :: d_step { COLLECTS(c) && (TIMEOUT || LOCKED(c, collecting[c])) ->
       tail[c] = 2; tail_of[c] = collecting[c];
       printf("shard 0 appends abort of command %d attempt %d\n", c,
              tail_of[c]) }
  :: d_step { COLLECTS(c) && REFUSED(c, collecting[c]) ->
       tail[c] = 3; tail_of[c] = collecting[c];
       printf("shard 0 appends refusal of command %d attempt %d\n", c,
              tail_of[c]) }
  :: d_step { tail[c] > 0 -> k = tail_of[c]; decision[A(c, k)] = tail[c];
       printf("shard 0: decision %d of command %d attempt %d is logged\n",
              tail[c], c, k);
       if
       :: tail[c] == 1 -> commits[c]++; newest[HOME(c)] = c + 1;
          assert(commits[c] < 2); assert(told[c] != 2)
       :: else -> skip
       fi;
       tail[c] = 0; tail_of[c] = 0; prepared[A(c, k)] = 0;
       if :: collecting[c] == k -> collecting[c] = 0 :: else -> skip fi;
       unlock(c, HOME(c)); k = 0 }
  /* P4: the new primary collects again what it finds prepared; what it does
     not know it aborts when a participant asks. */
  :: d_step { failovers > 0 && collecting[c] == 0 && tail[c] == 0 &&
       prepared[A(c, 1)] -> collecting[c] = 1 }
#if NA > 1
  :: d_step { failovers > 0 && collecting[c] == 0 && tail[c] == 0 &&
       prepared[A(c, 2)] -> collecting[c] = 2 }
#endif
#if NA > 2
  :: d_step { failovers > 0 && collecting[c] == 0 && tail[c] == 0 &&
       prepared[A(c, 3)] -> collecting[c] = 3 }
#endif
  od
}

proctype Participant(byte c; byte x) {
  byte k = 0;
  do
  :: d_step { at[I(c, x)] > 0 && collecting[c] == 0 && tail[c] == 0 &&
       !prepared[A(c, at[I(c, x)])] && decision[A(c, at[I(c, x)])] == 0 ->
       tail[c] = 2; tail_of[c] = at[I(c, x)];
       printf("shard %d asks about command %d; not known: abort\n", x, c) }
#define ON_PREPARE(n) \
  :: d_step { prepare[A(c, n)] && at[I(c, x)] == 0 && !done[I(c, x)] && \
       over[I(c, x)] < n && lock[x] == 0 && (c != 0 || x != 1 || guard) -> \
       lock[x] = c + 1; at[I(c, x)] = n; \
       if :: BIT(vote[V(c, x, n)], 1) -> skip \
          :: else -> vote[V(c, x, n)] = vote[V(c, x, n)] + 1 fi; \
       printf("shard %d votes yes to command %d attempt %d\n", x, c, n) } \
  :: d_step { prepare[A(c, n)] && at[I(c, x)] == 0 && !done[I(c, x)] && \
       over[I(c, x)] < n && lock[x] == 0 && c == 0 && x == 1 && !guard && \
       !BIT(vote[V(c, x, n)], 4) -> \
       vote[V(c, x, n)] = vote[V(c, x, n)] + 4; \
       printf("shard %d votes no (guard) to command %d attempt %d\n", x, c, \
              n) } \
  :: d_step { CONFLICTS && prepare[A(c, n)] && at[I(c, x)] == 0 && \
       !done[I(c, x)] && over[I(c, x)] < n && lock[x] != 0 && \
       !BIT(vote[V(c, x, n)], 2) -> \
       vote[V(c, x, n)] = vote[V(c, x, n)] + 2; \
       printf("shard %d votes no (locked) to command %d attempt %d\n", x, c, \
              n) }
#ifdef LOCK_WAIT
#define CONFLICTS false
#else
#define CONFLICTS true
#endif
  ON_PREPARE(1)
#if NA > 1
  ON_PREPARE(2)
#endif
#if NA > 2
  ON_PREPARE(3)
#endif
  :: d_step { at[I(c, x)] > 0 && decision[A(c, at[I(c, x)])] == 1 ->
       done[I(c, x)] = 1; at[I(c, x)] = 0; newest[x] = c + 1; unlock(c, x);
       printf("shard %d commits command %d\n", x, c) }
  :: d_step { at[I(c, x)] > 0 && decision[A(c, at[I(c, x)])] > 1 ->
       over[I(c, x)] = at[I(c, x)]; at[I(c, x)] = 0; unlock(c, x);
       printf("shard %d aborts command %d\n", x, c) }
#ifdef DECISION_NOATT
  :: d_step { at[I(c, x)] > 1 && decision[A(c, 1)] > 1 ->
       over[I(c, x)] = at[I(c, x)]; at[I(c, x)] = 0; unlock(c, x);
       printf("shard %d takes the abort of attempt 1 for the present one\n",
              x) }
#endif
#define BROKEN(n) \
  (decision[A(c, n)] == 1 && !done[I(c, x)] && at[I(c, x)] != n)
  :: d_step { BROKEN(1) -> 
       printf("ATOMICITY: command %d attempt 1, shard %d\n", c, x); assert(false) }
#if NA > 1
  :: d_step { BROKEN(2) -> 
       printf("ATOMICITY: command %d attempt 2, shard %d\n", c, x); assert(false) }
#endif
  od
}

proctype Rest() {
  byte c = 0, x = 0;
  do
  :: d_step { flips < 2 && (lock[1] != 1) -> flips++; guard = !guard;
       printf("guard of command 0 is now %d\n", guard) }
  :: atomic { failovers == 0 && (collecting[0] > 0 || collecting[1] > 0 ||
       tail[0] > 0 || tail[1] > 0) -> failovers = 1;
       printf("shard 0 fails over\n"); c = 0;
       do
       :: c < NC ->
          if
          :: collecting[c] > 0 && tail[c] != 1 ->   /* its prepare is lost */
             prepared[A(c, collecting[c])] = 0; unlock(c, HOME(c))
          :: skip
          fi;
          if :: tail[c] = 0; tail_of[c] = 0 :: skip fi;
          collecting[c] = 0; c++
       :: else -> break
       od; c = 0 }
  :: timeout -> d_step {
       x = 0;
       do
       :: x <= NS -> assert(lock[x] == 0);
          if
          :: x < NS && WON(0) && WON(1) && (x > 0 || HOME(1) == 0) ->
             assert(newest[x] == newest[1])
          :: else -> skip
          fi; x++
       :: else -> break
       od;
       c = 0;
       do
       :: c < NC -> x = 1;
          do
          :: x < NS -> assert(done[I(c, x)] == WON(c)); x++
          :: else -> break
          od;
          assert(dead[c] || told[c] > 0 || decision[A(c, NA)] == 2); c++
       :: else -> break
       od; x = 0; c = 0 } break
  od
}

init {
  atomic {
    run Command(0); run Command(1);
    s = 1;
    do
    :: s < NS -> run Participant(0, s); run Participant(1, s); s++
    :: else -> break
    od; s = 0;
    run Rest()
  }
}
