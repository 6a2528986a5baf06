/* SPDX-License-Identifier: Apache-2.0 */
/* M9: a primary P without backups adds B by a swap whose answer comes late (M4).

   Must fail: LEASE_LATE (P needs B's lease only from the moment that it learns
   the outcome, not from before it proposes). */
byte ep=1; bool need=0, know=0; byte pl=0,pc=0,pe=0,bg=0; bool stop=0,bprim=0;
active proctype S() { do
 :: atomic { pl<2 && !stop -> pl++; pc=pl; bg=pl; printf("B grants P lease %d\n",pl) }
 :: atomic { pe<pl -> pe++; printf("time: P's term %d over\n",pe) }
#ifndef LEASE_LATE
 :: atomic { !need && ep==1 && pc>pe -> need=1; printf("P counts B's lease and acks from now on\n") }
 :: atomic { need && ep==1 -> ep=2; printf("P's swap adding B lands (answer late)\n") }
#else
 :: atomic { ep==1 -> ep=2; printf("P's swap adding B lands (answer late)\n") }
 :: atomic { ep==2 && !know -> know=1; need=1 }
#endif
 :: atomic { !stop -> stop=1 }
 :: atomic { ep==2 && stop && bg<=pe && !bprim -> bprim=1; printf("B takes over\n") }
 :: atomic { bprim && (!need || pc>pe) -> printf("TWO ACTING PRIMARIES\n"); assert(false) }
 od }
