#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# R3's bracket under C++ release/acquire (single writer, readers only load: exact for RC11 without fences between stores).
# Every store is a message (value, view); an acquire load joins the view, a relaxed one only its own location. All outcomes are enumerated.
import sys
def msgs(prog, rel):
    view={}; hist={}; gv={}
    for loc,val,kind in prog:
        h=hist.setdefault(loc,[]); h.append(None); view[loc]=len(h)-1
        h[-1]=(val, dict(view) if kind in rel or kind=='init' else {loc:len(h)-1}); gv=dict(view)
    return hist
I='inv'
# initial, command 1 (K1=1, insert K2=1), command 2 (K1=2, delete K2), evict + lost command 3 + install again (counter +1)
prog=[('K1',0,'init'),('K2',None,'init'),('P',('ok',0),'init'),
 ('K1',I,'mark'),('K2',I,'mark'),('P',('ok',1),'cnt'),('K1',1,'val'),('K2',1,'val'),
 ('K1',I,'mark'),('K2',I,'mark'),('P',('ok',2),'cnt'),('K1',2,'val'),('K2',None,'val'),
 ('P',('no',2),'drop'),('K1',None,'mark'),('K2',None,'mark'),('K1',3,'val'),('K2',1,'val'),('P',('ok',3),'cnt')]
cuts={(0,None),(1,1),(2,None),(3,1)}
def bad(rel, acq_p, acq_k, fence, start={}):
    h=msgs(prog,rel); out=set()
    def load(loc,view,acq,pend):
        for i in range(view.get(loc,0),len(h[loc])):
            v,mv=h[loc][i]; nv=dict(view); nv[loc]=max(i,nv.get(loc,0)); np=dict(pend)
            tgt=nv if acq else np
            for l,k in mv.items(): tgt[l]=max(tgt.get(l,0),k)
            yield v,nv,np
    for p1,v1,q1 in load('P',start,acq_p,{}):
        for order in (('K1','K2'),('K2','K1')):
            for a,v2,q2 in load(order[0],v1,acq_k,q1):
                for b,v3,q3 in load(order[1],v2,acq_k,q2):
                    if fence:
                        v3=dict(v3)
                        for l,k in q3.items(): v3[l]=max(v3.get(l,0),k)
                    for p2,_,_ in load('P',v3,False,q3):
                        k1,k2=(a,b) if order[0]=='K1' else (b,a)
                        if p1==p2 and p1[0]=='ok' and I not in (k1,k2) and (k1,k2) not in cuts: out.add((p1,k1,k2))
    return out
allrel={'mark','cnt','val','drop'}
surprises=0
def show(name,right,*a,**k):
    global surprises
    r=bad(*a,**k); surprises+=(not r)!=right
    print(f"{name:75s} {'ok' if not r else 'BAD e.g. '+str(sorted(r,key=str)[0])}{'' if (not r)==right else '   UNEXPECTED'}")
show("all stores release; prefix word and records acquire; 2nd word relaxed", True,allrel,True,True,False)
show("records relaxed + acquire fence before the 2nd word", True,allrel,True,False,True)
show("records relaxed, no fence", False, allrel,True,False,False)
show("1st prefix word relaxed", False, allrel,False,True,False)
show("counter store relaxed", False, allrel-{'cnt'},True,True,False)
show("record (value) stores relaxed", False, allrel-{'val'},True,True,False)
show("mark stores relaxed", False, allrel-{'mark'},True,True,False)
show("drop store relaxed", True,allrel-{'drop'},True,True,False)
sys.exit(surprises>0)
