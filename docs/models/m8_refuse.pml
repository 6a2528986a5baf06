/* SPDX-License-Identifier: Apache-2.0 */
/* M8: a refusal and a retry of one command (C3). The origin sends attempt 1, may
   time out and send attempt 2 of the same id by another path; the guard changes
   meanwhile. The refusal of attempt 2 is a log entry; the origin believes an
   unlogged refusal only while it has sent no attempt 2. m21 has the rest of C3.

   Must fail: REF_NOLOG (a refusal is not logged, and always believed). */
bool a1=0,a2=0,h1=0,h2=0; bool guard=0; bool applied=0, refl=0; byte ans1=0, ans2=0; bool told=0; 
active proctype S() { do
 :: atomic { !a1 -> a1=1; printf("origin sends attempt 1\n") }
 :: atomic { a1 && !a2 && !told -> a2=1; printf("origin times out, sends attempt 2 by another path\n") }
 :: atomic { !guard -> guard=1; printf("guard becomes true (another command)\n") }
 :: atomic { a1 && !h1 -> h1=1; if :: applied -> ans1=1 :: !applied && refl -> ans1=2 :: !applied && !refl && guard -> applied=1; ans1=1; printf("home APPLIES attempt 1\n") :: else -> ans1=2; printf("home refuses attempt 1\n") fi }
 :: atomic { a2 && !h2 -> h2=1; if :: applied -> ans2=1 :: !applied && refl -> ans2=2 :: !applied && !refl && guard -> applied=1; ans2=1; printf("home APPLIES attempt 2\n") :: else -> ans2=2; printf("home refuses attempt 2\n");
#ifndef REF_NOLOG
   refl=1
#else
   skip
#endif
   fi }
#ifndef REF_NOLOG
 :: atomic { ans1==2 && !a2 && !told -> told=1; printf("origin tells REFUSED\n") }
#else
 :: atomic { ans1==2 && !told -> told=1; printf("origin tells REFUSED\n") }
#endif
 :: atomic { ans2==2 && !told -> told=1; printf("origin tells REFUSED\n") }
 :: atomic { told && applied -> assert(false) }
 od }
