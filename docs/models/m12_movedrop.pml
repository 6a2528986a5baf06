/* SPDX-License-Identifier: Apache-2.0 */
/* M12: a planned move (F2) by A to B while C may still read: C is a backup that A
   dropped, or a holder that A expels, not yet proved silent. B asks exactly the
   machines of the directory that A handed over.

   Must fail: DIRONLY (the directory has the holders of copies only)
   Must pass too: HELD (A waits until C is silent before it hands over). */
bool cin=1, known=0, silent=0, stop=0, hand=0, indir=0, bprim=0, bfen=0, cans=0; byte com=0, cval=0; bool L=0, M=0, Lpre=0; bool cacc=0;
active proctype S() { do
 :: d_step { cin && !stop && !known -> L=1; M=1; printf("A grants C a lease\n") }
 :: d_step { M -> M=0; L=0; printf("time: A's leases to C over\n") }
 :: d_step { cin && !stop && com==0 && L && cval==0 -> com=1; cval=1; printf("A commits 1, C has it\n") }
 :: d_step { cin && !stop -> cin=0; known=1; printf("A drops C (swap landed)\n") }
 :: d_step { known && !silent && (!M || cacc) -> silent=1; printf("A: C is silent\n") }
 :: d_step { known && !cacc -> cacc=1; L=0; M=0; printf("C acknowledges the drop\n") }
#ifdef HELD
 :: d_step { !stop && known && silent -> stop=1;
#else
 :: d_step { !stop && known -> stop=1;
#endif
#ifdef DIRONLY
   indir=0;
#else
   indir=!silent;
#endif
   printf("A stops, hands over directory, C in it: %d\n",indir) }
 :: d_step { stop && !bprim -> bprim=1; Lpre=L; printf("coordinator: B primary\n") }
 :: d_step { bprim && indir && !cans -> cans=1; L=0; printf("C drops its copies, answers B\n") }
 :: d_step { bprim && !bfen && (!indir || cans) -> bfen=1 }
 :: d_step { bprim && !bfen -> L=0; M=0; bfen=1; printf("D_g after the swap\n") }
 :: d_step { bprim && bfen && com<2 -> com++; printf("B COMMITS %d\n",com) }
 :: d_step { !cin && !stop && silent && com<2 -> com++; printf("A COMMITS %d\n",com) }
 :: d_step { L && cval<com -> printf("C READS %d, committed %d\n",cval,com); assert(false) }
 od }
