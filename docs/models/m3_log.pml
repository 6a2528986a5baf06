/* SPDX-License-Identifier: Apache-2.0 */
/* M3: the replicated log of one shard: L1 to L3, M4, C3. Three replicas,
   write-all to the in-sync set, assignments by compare-and-swap, takeover, drop,
   add, restart. Every message that was ever sent under an epoch stays
   deliverable for ever: loss, delay and repetition. Leases are left out: the
   safety of the log must not hang on time.

   Rules: a new primary is an in-sync member and uses its own log only; a replica
   that joins an epoch cuts its log to the primary's before it acknowledges
   anything in it; a learner counts before the swap that adds it is proposed; a
   refusal needs every member of the epoch to have joined it.

   Bounds: NE epochs, NV commands, log of LL. Smaller: NOMEMB (no drop, no add),
   NOREFUSE (no refusals), START2 (set of two at first).
   Must fail: LONGEST_ANY, LONGEST_INSYNC (take over with the longest log of any
       replica, of any in-sync replica)
     NOTRUNC (only positions in conflict are overwritten)
     ADD_BAD (the learner is swapped in uncounted; the primary commits by the old
       set until it learns the outcome)
     REFUSE_TEXT (a new primary refuses at once). */
#ifndef NE
#define NE 3
#endif
#ifndef NV
#define NV 3
#endif
#ifndef LL
#define LL 2
#endif
byte cep=1;
byte eprim[NE+1], emem[NE+1], elen[NE+1], comn[NE+1], lmem[NE+1]; 
bool started[NE+1]; byte elog[20]; /* e*(LL+1)+n */
byte ack[15];  /* e*3+r */
byte rep[3], rlen[3], act[3]; byte rlog[12]; /* r*(LL+1)+n */
byte gcom[LL+1]; bool prop[NV+1], refused[NV+1];
#define EL(e,n) elog[(e)*(LL+1)+(n)]
#define RL(r,n) rlog[(r)*(LL+1)+(n)]
#define AK(e,r) ack[(e)*3+(r)]
#define IN(m,r) (((m)>>(r))&1)
byte r,b,e,n,v,m,k; bool ok;
inline zero() { r=0;b=0;e=0;n=0;v=0;m=0;k=0;ok=0 }
inline inlog(rr,vv) { ok=0; n=1; do :: n<=rlen[rr] -> if :: RL(rr,n)==vv -> ok=1 :: else -> skip fi; n++ :: else -> break od; n=0 }
inline mkepoch(pr,mem) { cep++; eprim[cep]=pr; emem[cep]=mem; lmem[cep]=mem; elen[cep]=rlen[pr];
   n=1; do :: n<=rlen[pr] -> EL(cep,n)=RL(pr,n); n++ :: else -> break od; n=0 }
active proctype S() {
 atomic { eprim[1]=0; emem[1]=7; lmem[1]=7;
#ifdef START2
 emem[1]=3; lmem[1]=3;
#endif
 rep[0]=1; rep[1]=1; rep[2]=1; act[0]=1; started[1]=1; }
 do
 :: atomic { select(r:0 .. 2); 
    if
    /* propose (new, or retry of one with unknown outcome) */
    :: act[r]>0 && rlen[r]<LL -> e=act[r]; select(v:1 .. NV); (!refused[v] && (v==1 || prop[v-1])); inlog(r,v); !ok; 
         prop[v]=1; rlen[r]++; RL(r,rlen[r])=v; elen[e]=rlen[r]; EL(e,elen[e])=v; AK(e,r)=rlen[r]; printf("primary %d epoch %d prepares seq %d = cmd %d\n",r,e,rlen[r],v)
    /* backup adopts epoch e */
    :: select(e:1 .. NE); (e<=cep && started[e] && rep[r]<e && eprim[e]!=r && IN(lmem[e],r)); rep[r]=e; act[r]=0;
#ifndef NOTRUNC
         n=0; do :: (n<rlen[r] && n<elen[e] && RL(r,n+1)==EL(e,n+1)) -> n++ :: else -> break od;
         do :: rlen[r]>n -> RL(r,rlen[r])=0; rlen[r]-- :: else -> break od; n=0;
#endif
         printf("replica %d adopts epoch %d (log length now %d)\n",r,e,rlen[r])
    /* backup appends and acks */
    :: rep[r]>0 -> e=rep[r]; (eprim[e]!=r && IN(lmem[e],r) && AK(e,r)<elen[e]); n=AK(e,r)+1; RL(r,n)=EL(e,n); if :: rlen[r]<n -> rlen[r]=n :: else -> skip fi; AK(e,r)=n; 
         printf("replica %d epoch %d makes seq %d = cmd %d durable, acks\n",r,e,n,RL(r,n)); n=0
    /* commit */
    :: act[r]>0 -> e=act[r]; n=comn[e]+1; (n<=elen[e]); 
#ifdef ADD_BAD
       m=emem[e];
#else
       m=lmem[e];
#endif
       k=0; ok=1; do :: k<3 -> if :: k!=r && IN(m,k) && AK(e,k)<n -> ok=0 :: else -> skip fi; k++ :: else -> break od; ok;
       v=EL(e,n); comn[e]=n; printf("primary %d epoch %d COMMITS seq %d = cmd %d\n",r,e,n,v);
       if :: gcom[n]==0 -> assert(!refused[v]); k=1; do :: k<=LL -> assert(gcom[k]!=v); k++ :: else -> break od; gcom[n]=v
          :: else -> assert(gcom[n]==v) fi; k=0
    /* takeover by an in-sync backup, or by the restarted primary */
    :: (cep<NE && IN(emem[cep],r) && act[r]<cep && !(eprim[cep]==r && rep[r]==cep && act[r]>0)) -> 
#ifdef LONGEST_ANY
       select(b:0 .. 2); if :: rlen[b]>rlen[r] -> printf("(takes the longer log of %d)\n",b); n=1; do :: n<=rlen[b] -> RL(r,n)=RL(b,n); n++ :: else -> break od; rlen[r]=rlen[b]; n=0 :: else -> skip fi;
#endif
#ifdef LONGEST_INSYNC
       select(b:0 .. 2); if :: (rlen[b]>rlen[r] && IN(emem[cep],b)) -> printf("(takes the longer log of %d)\n",b); n=1; do :: n<=rlen[b] -> RL(r,n)=RL(b,n); n++ :: else -> break od; rlen[r]=rlen[b]; n=0 :: else -> skip fi;
#endif
       select(m:1 .. 7); (IN(m,r) && ((m & emem[cep])==m)); mkepoch(r,m); started[cep]=1; rep[r]=cep; act[r]=cep; AK(cep,r)=rlen[r];
       printf("replica %d TAKES OVER, epoch %d, in-sync set %d, its log length %d\n",r,cep,m,rlen[r]);
       n=1; do :: n<=LL -> if :: gcom[n]>0 -> assert(rlen[r]>=n && RL(r,n)==gcom[n]) :: else -> skip fi; n++ :: else -> break od; n=0
#ifndef NOMEMB
    /* primary drops a backup (swap), learns it at once or later */
    :: (cep<NE && act[r]==cep) -> select(b:0 .. 2); (b!=r && IN(emem[cep],b)); m=emem[cep]-(1<<b); e=cep; mkepoch(r,m); k=0; do :: k<3 -> if :: IN(m,k) -> AK(cep,k)=AK(e,k) :: else -> skip fi; k++ :: else -> break od; comn[cep]=comn[e];
         printf("primary %d swaps replica %d out: epoch %d set %d\n",r,b,cep,m)
    /* primary starts to count a learner, then swaps it in */
    :: act[r]==cep -> select(b:0 .. 2); (b!=r && !IN(lmem[cep],b)); lmem[cep]=lmem[cep]|(1<<b); printf("primary %d: replica %d is learner\n",r,b)
    :: (cep<NE && act[r]==cep) -> select(b:0 .. 2); (IN(lmem[cep],b) && !IN(emem[cep],b) && AK(cep,b)>=comn[cep] && rep[b]==cep); m=emem[cep]|(1<<b); e=cep; mkepoch(r,m); k=0; do :: k<3 -> if :: IN(m,k) -> AK(cep,k)=AK(e,k) :: else -> skip fi; k++ :: else -> break od; comn[cep]=comn[e];
         printf("primary %d swaps learner %d IN: epoch %d set %d (answer not yet seen)\n",r,b,cep,m)
    :: (act[r]>0 && act[r]<cep && eprim[act[r]+1]==r) -> e=act[r]; act[r]=e+1; rep[r]=e+1; started[e+1]=1; comn[e+1]=comn[e]; /* log may have grown meanwhile */
         elen[e+1]=rlen[r]; n=1; do :: n<=rlen[r] -> EL(e+1,n)=RL(r,n); n++ :: else -> break od; n=0; AK(e+1,r)=rlen[r];
         k=0; do :: k<3 -> if :: k!=r && IN(emem[e+1],k) && AK(e,k)>AK(e+1,k) -> AK(e+1,k)=AK(e,k) :: else -> skip fi; k++ :: else -> break od;
         printf("primary %d learns its epoch %d\n",r,e+1)
#endif
    /* restart: role lost, disk kept */
    :: act[r]>0 -> act[r]=0; printf("primary %d restarts\n",r)
#ifndef NOREFUSE
    /* refuse a retried command that this primary does not know */
    :: act[r]>0 -> e=act[r]; select(v:1 .. NV); (prop[v] && !refused[v]); inlog(r,v); !ok;
#ifndef REFUSE_TEXT
       k=0; ok=1; do :: k<3 -> if :: IN(emem[e],k) && rep[k]!=e -> ok=0 :: else -> skip fi; k++ :: else -> break od; (ok && act[r]==cep);
#endif
       refused[v]=1; printf("primary %d epoch %d answers REFUSED to retried cmd %d\n",r,e,v)
#endif
    fi; zero() }
 od }
