/* SPDX-License-Identifier: Apache-2.0 */
/* M7: a backup B that serves reads, is dropped by a swap, or takes over with a
   tail: C1, L2, L4. P is the primary.

   Must fail: NOMARK (B acknowledges without marking the keys invalid)
     EXPEL_SWAP (the swap alone expels B)
     TAIL_READ (B as new primary reads undecided keys). */
#define NR 3
#define prepare 1
#define commit 2
#define prepare_ack 1
byte com=0, pcom=0, prep=0; bool bin=1; byte epoch=1; bool pup=1;
byte blast=0, bcur=0, bend=0, bgr=0; byte pl=0, pc=0, pe=0; /* P->B terms (B reads), B->P terms (P's authority) */
byte blog=0, bcom=0; bool back=0; byte bprim=0; bool stop=0; bool sw=0;
chan pb=[2] of {byte,byte}; chan bp=[2] of {byte,byte};
byte t,x;
#ifdef NOMARK
#define BVALID true
#else
#define BVALID (blog==bcom)
#endif
#ifdef EXPEL_SWAP
#define GONE true
#else
#define GONE (bgr<=bend)
#endif
#ifdef TAIL_READ
#define TV true
#else
#define TV (blog==bcom)
#endif
#define PAUTH (pup && (!bin || pc>pe) && epoch==1 || pup && sw)
active proctype S() {
 do
 :: atomic { pup && bin && blast<NR && !bprim && pc>pe -> blast++; bgr=blast; bcur=blast; printf("P grants B read lease %d\n",blast) }
 :: atomic { bend<blast -> bend++; printf("time: B's term %d over\n",bend) }
 :: atomic { pl<NR && !stop && bin -> pl++; pc=pl; printf("B grants P lease %d\n",pl) }
 :: atomic { pe<pl -> pe++; printf("time: P's term %d over\n",pe) }
 :: atomic { !stop -> stop=1; printf("B stops granting\n") }
 :: atomic { pup && prep==pcom && prep<2 && nfull(pb) -> prep++; back=0; if :: bin -> pb!prepare,prep :: else -> skip fi; printf("P prepares %d\n",prep) }
 :: atomic { pb?[prepare,x] && nfull(bp) && !bprim -> pb?t,x; blog=x; bp!prepare_ack,x; printf("B durable %d, acks\n",x); t=0;x=0 }
 :: atomic { pb?[commit,x] && !bprim -> pb?t,x; if :: x>bcom -> bcom=x :: else -> skip fi; printf("B hears commit %d\n",x); t=0;x=0 }
 :: atomic { pb?[prepare,x] && bprim -> pb?t,x; t=0; x=0 }
 :: atomic { bp?t,x -> if :: x==prep -> back=1 :: else -> skip fi; t=0;x=0 }
 :: atomic { prep>pcom && (back || (!bin && GONE)) && nfull(pb) -> pcom=prep; if :: pcom>com -> com=pcom :: else -> skip fi; if :: bin -> pb!commit,pcom :: else -> skip fi; printf("P COMMITS %d\n",pcom) }
 :: atomic { epoch==1 && bin && pup -> bin=0; epoch=2; sw=1; printf("P swaps B out\n") }
 :: atomic { epoch==1 && bin && stop && pl<=pe -> epoch=2; bprim=1; printf("B takes over (log %d, knows committed %d)\n",blog,bcom) }
 :: atomic { bprim==1 && bcom<blog -> bcom=blog; if :: blog>com -> com=blog :: else -> skip fi; printf("B decides its tail\n") }
 :: atomic { bprim==1 && bcom==blog && blog<3 -> blog++; bcom=blog; com=blog; printf("B commits own %d\n",blog) }
 :: atomic { !bprim && bcur>bend && BVALID && bcom<com -> printf("BACKUP READS %d committed %d\n",bcom,com); assert(false) }
 :: atomic { bprim && TV && bcom<com -> printf("NEW PRIMARY READS %d committed %d\n",bcom,com); assert(false) }
 :: atomic { PAUTH && !bprim && pcom<com -> assert(false) }
 :: atomic { pc>pe && bprim -> assert(false) }
 od }
