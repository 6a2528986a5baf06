/* SPDX-License-Identifier: Apache-2.0 */
/* M23: the primary's own read table and the commit message (R1). One command sets
   K1 and K2. The primary stores its records one by one; a holder, both keys invalid
   since the prepare, validates them one by one. One reader lists without a lock at
   the primary; any thread reads single keys anywhere.

   Checked: after a read has returned a new value, or the answer is out, no later
   read returns an old one; a listing is a cut.
   Must fail: PUB_NOMARK (K1, then K2 are replaced without marking both first; the
       counter moves before); PUB_NOMARK2 (the same, it moves before and after)
     SEND_FIRST (answer and validate leave before the primary's table changes). */
byte k1=0, k2=0, h1=2, h2=2, cnt=0; bool sent=0, seen=0;
proctype Primary() {
#ifdef SEND_FIRST
  atomic { sent=1; seen=1 };
#endif
#ifdef PUB_NOMARK
  cnt++; k1=1; k2=1;
#elif defined(PUB_NOMARK2)
  cnt++; k1=1; k2=1; cnt++;
#else
  k1=2; k2=2; cnt++; k1=1; k2=1;
#endif
#ifndef SEND_FIRST
  atomic { sent=1; seen=1 }
#endif
}
proctype Holder() { sent; h1=1; h2=1 }
proctype Any() { do
 :: atomic { (k1==1||k2==1||h1==1||h2==1) && !seen -> seen=1 }
 :: atomic { seen && (k1==0||k2==0||h1==0||h2==0) -> assert(false) }
 :: atomic { sent && k1==1 && k2==1 && h1==1 && h2==1 -> break } od }
proctype List() { byte c, a, b, n; bool s;
 do :: n<3 -> n++; s=seen; c=cnt; a=k1; b=k2; atomic { if :: (c==cnt && a<2 && b<2) -> assert(a==b && (!s || a==1)) :: else -> skip fi } :: n==3 -> break od }
init { atomic { run Primary(); run Holder(); run Any(); run List() } }
