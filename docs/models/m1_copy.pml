/* SPDX-License-Identifier: Apache-2.0 */
/* M1: copies of one key between the home agent and NH holders: D1 to D3, T4.
   Copies are granted, invalidated, validated, evicted; leases lapse and are
   renewed; a connection is lost with its content. As in the code, a copy may be
   granted while writes are undecided (D3), an acknowledgement names its grant
   (D2), validate(n) settles every sequence up to n.

   Bounds: NH holders, NW writes (2 in flight), NR leases, NG grants, NL losses
   of the connection.
   Must fail: ACK_NOGNO (acknowledgements do not name the grant)
     GIVEN_INVALID (while a write is undecided the copy is granted invalid with
       the pending sequence, and no acknowledgement is waited for)
     NO_SESSION (no session; nothing is dropped at a renewal after a lapse)
     HOLDER_DROP (no session; the holder drops when it applies a lease grant
       after its own term has lapsed)
     LANES (copy grants travel on another lane than invalidations)
     DROP_NOGNO (a drop does not name the grant and has a lane of its own)
     VAL_NOSEQ (validate makes whatever is pending valid)
   Must pass too: GRANT_WAITS (a copy is granted only when nothing is undecided;
     acknowledgements need not name the grant then). */
#ifndef NH
#define NH 1
#endif
#ifndef NW
#define NW 3
#endif
#ifndef NR
#define NR 3
#endif
#ifndef NG
#define NG 3
#endif
#ifndef NL
#define NL 1
#endif
#ifndef CAP
#define CAP 4
#endif
mtype = { copy_request, copy_grant, invalidate, invalidate_ack, validate, copy_drop };
chan g2h[NH] = [CAP] of { mtype, byte, byte, byte };  /* type,seq,gno,sess */
chan h2g[NH] = [CAP] of { mtype, byte, byte, byte };
chan lease_grant[NH]  = [2] of { byte, byte };                 /* LGRANT(req,sess), own lane */
chan lease_request[NH]  = [2] of { byte };                       /* LREQ(req), own lane */
#ifdef LANES
chan g2h2[NH] = [2] of { mtype, byte, byte, byte };
#define GCH g2h2
#else
#define GCH g2h
#endif
#ifdef DROP_NOGNO
chan drp[NH] = [2] of { byte };
#endif
byte c=0, p=0;  bool dir[NH]; byte gno[NH]; byte acked[NH]; byte sess[NH]; byte greq[NH];
byte val[NH], st[NH] /*0 none 1 valid 2 invalid*/, pend[NH], hg[NH], cur[NH], last[NH], ended[NH], hs[NH]; bool asked[NH];
byte losses=0; byte evicts=0;
#ifdef VAL_NOSEQ
#define PENDOK true
#define VALIDATED a
#else
#define PENDOK (pend[h]<=a)
#define VALIDATED pend[h]
#endif
#if !defined(ACK_NOGNO) && !defined(GRANT_WAITS) && !defined(GIVEN_INVALID)
#define GNOOK (b==gno[h])
#else
#define GNOOK true
#endif
#ifdef LANES
#define EL (len(g2h2[h])==0)
#else
#define EL true
#endif
#ifdef DROP_NOGNO
#define ED (len(drp[h])==0)
#else
#define ED true
#endif
#define LIVE(h) (cur[h] > ended[h])
#if NH>1
#define ALLROOM (len(g2h[0])<CAP && len(g2h[1])<CAP)
#define ALLACK  ((!dir[0]||acked[0]>c) && (!dir[1]||acked[1]>c))
#else
#define ALLROOM (len(g2h[0])<CAP)
#define ALLACK  (!dir[0]||acked[0]>c)
#endif
byte i;
inline each(T,n) { i=0; do :: i<NH -> if :: dir[i] -> g2h[i]!T(n,gno[i],sess[i]) :: else fi; i++ :: else -> break od; i=0 }

proctype W() { 
 do
 :: atomic { p<NW && p-c<2 && ALLROOM -> p++; printf("home prepares %d, invalidate to holders\n",p); each(invalidate,p) }
 :: atomic { c<p && ALLACK && ALLROOM -> c++; printf("home COMMITS %d and answers\n",c); each(validate,c) }
 od }

proctype M(byte h) {
 byte a,b,s;
 do
 /* ---- home side ---- */
#ifdef GIVEN_INVALID
 :: atomic { h2g[h]?[copy_request,a,b,s] && nfull(GCH[h]) -> h2g[h]?copy_request(a,b,s);
        if :: s!=sess[h] || gno[h]==NG -> skip
           :: else -> dir[h]=1; gno[h]++; acked[h]=p; GCH[h]!copy_grant(c,gno[h],s+16*p); printf("home GRANTs copy of value %d, undecided up to %d: given INVALID\n",c,p) fi; a=0;b=0;s=0 }
#elif defined(GRANT_WAITS)
 :: atomic { h2g[h]?[copy_request,a,b,s] && p==c && nfull(GCH[h]) -> h2g[h]?copy_request(a,b,s);
        if :: s!=sess[h] || gno[h]==NG -> skip
           :: else -> dir[h]=1; gno[h]++; acked[h]=c; GCH[h]!copy_grant(c,gno[h],s); printf("home GRANTs copy of value %d (grant no %d) to h%d\n",c,gno[h],h) fi; a=0;b=0;s=0 }
#else
 :: atomic { h2g[h]?[copy_request,a,b,s] && len(g2h[h])<CAP-2 && nfull(GCH[h]) -> h2g[h]?copy_request(a,b,s);
        if :: s!=sess[h] || gno[h]==NG -> skip
           :: else -> dir[h]=1; gno[h]++; acked[h]=c; GCH[h]!copy_grant(c,gno[h],s); printf("home GRANTs copy of value %d (grant no %d) to h%d, undecided: %d, invalidations follow\n",c,gno[h],h,p-c);
              i=c+1; do :: i<=p -> g2h[h]!invalidate(i,gno[h],s); i++ :: else -> break od; i=0 fi; a=0;b=0;s=0 }
#endif
 :: atomic { h2g[h]?invalidate_ack(a,b,s) ->
        if :: (s==sess[h] && a>acked[h] && GNOOK) -> acked[h]=a; printf("home counts ack of invalidate %d of h%d\n",a,h) 
           :: else -> skip fi; a=0;b=0;s=0 }
#ifndef DROP_NOGNO
 :: atomic { h2g[h]?copy_drop(a,b,s) -> if :: b==gno[h] && s==sess[h] -> dir[h]=0; printf("home: copy_drop of h%d\n",h) :: else -> skip fi; a=0;b=0;s=0 }
#else
 :: atomic { drp[h]?a -> dir[h]=0; printf("home: copy_drop of h%d\n",h); a=0 }
#endif
 :: atomic { nfull(lease_grant[h]) && nempty(lease_request[h]) -> lease_request[h]?a; greq[h]=a; lease_grant[h]!a,sess[h]; printf("home grants LEASE req %d session %d to h%d\n",a,sess[h],h); a=0 }
 :: atomic { dir[h] && greq[h]<=ended[h] && c<p -> dir[h]=0; sess[h]++; printf("home EXPELS h%d (all its terms over)\n",h) }
 /* ---- holder side ---- */
 :: atomic { st[h]!=1 && nfull(h2g[h]) && LIVE(h) && hs[h]==sess[h] && !asked[h] -> asked[h]=1; h2g[h]!copy_request(0,0,hs[h]); printf("h%d asks for a copy\n",h) }
 :: atomic { GCH[h]?copy_grant(a,b,s) ->
      if 
#if !defined(NO_SESSION) && !defined(HOLDER_DROP)
      :: s%16!=hs[h] -> printf("h%d refuses copy_grant of another session\n",h)
#endif
      :: else -> val[h]=a; hg[h]=b; if :: s/16>a -> st[h]=2; pend[h]=s/16 :: else -> st[h]=1; pend[h]=0 fi; asked[h]=0; printf("h%d installs copy %d (grant no %d)\n",h,a,b) fi; a=0;b=0;s=0 }
 :: atomic { nfull(h2g[h]) && g2h[h]?[invalidate,a,b,s] -> g2h[h]?invalidate(a,b,s);
      if :: st[h]!=0 && a>val[h] && a>=pend[h] -> st[h]=2; pend[h]=a :: else -> skip fi; h2g[h]!invalidate_ack(a,b,s); printf("h%d invalidate %d -> ack\n",h,a); a=0;b=0;s=0 }
 :: atomic { g2h[h]?validate(a,b,s) -> 
      if :: (st[h]==2 && PENDOK) -> st[h]=1; val[h]=VALIDATED; pend[h]=0; printf("h%d validate %d\n",h,a) :: else -> skip fi; a=0;b=0;s=0 }
#ifndef DROP_NOGNO
 :: atomic { evicts<2 && st[h]!=0 && nfull(h2g[h]) -> h2g[h]!copy_drop(0,hg[h],hs[h]);
#else
 :: atomic { evicts<2 && st[h]!=0 && nfull(drp[h]) -> drp[h]!0;
#endif
      st[h]=0; val[h]=0; pend[h]=0; asked[h]=0; evicts++; printf("h%d evicts, sends copy_drop\n",h) }
 :: atomic { last[h]<NR && nfull(lease_request[h]) -> last[h]++; lease_request[h]!last[h]; printf("h%d sends lease request %d\n",h,last[h]) }
 :: atomic { lease_grant[h]?a,s -> if :: a==last[h] && a>ended[h] ->
#if defined(HOLDER_DROP)
        if :: cur[h]<=ended[h] -> st[h]=0; val[h]=0; pend[h]=0; asked[h]=0 :: else -> skip fi; hs[h]=s;
#elif defined(NO_SESSION)
        hs[h]=s;
#else
        if :: s!=hs[h] -> st[h]=0; val[h]=0; pend[h]=0; hs[h]=s; asked[h]=0 :: else -> skip fi;
#endif
        cur[h]=a; printf("h%d LEASE live (req %d, session %d), copy state %d value %d\n",h,a,s,st[h],val[h])
        :: else -> skip fi; a=0; s=0 }
 :: atomic { st[h]==1 && LIVE(h) && val[h]<c -> printf("h%d READS %d while committed and answered is %d\n",h,val[h],c); assert(false) }
 /* ---- environment ---- */
 :: atomic { ended[h]<last[h] -> ended[h]++; printf("time: term of h%d request %d is over\n",h,ended[h]) }
 :: atomic { losses<NL -> losses++; printf("connection of h%d lost with its content; reconnect; home sends undecided invalidations again\n",h); asked[h]=0;
      do :: nempty(g2h[h]) -> g2h[h]?_,_,_,_ :: nempty(h2g[h]) -> h2g[h]?_,_,_,_ :: nempty(lease_grant[h]) -> lease_grant[h]?_,_ :: nempty(lease_request[h]) -> lease_request[h]?_
#ifdef LANES
         :: nempty(g2h2[h]) -> g2h2[h]?_,_,_,_
#endif
#ifdef DROP_NOGNO
         :: nempty(drp[h]) -> drp[h]?_
#endif
         :: (len(g2h[h])==0 && len(h2g[h])==0 && len(lease_grant[h])==0 && len(lease_request[h])==0 && EL && ED) -> break od;
      i=c+1; do :: i<=p -> if :: dir[h] && acked[h]<i -> g2h[h]!invalidate(i,gno[h],sess[h]) :: else -> skip fi; i++ :: else -> break od; i=0 }
 od }
init { atomic { run W(); run M(0);
#if NH>1
 run M(1);
#endif
 } }
