
Ä
legacy.protoacme.legacy"”
Base
name (	Rname
size (:7Rsize2
kind (2.acme.legacy.Base.Kind:BETTERRkind
loose (Rloose
tight (BRtight*
part (
2.acme.legacy.Base.PartRpart-
piece (
2.acme.legacy.Base.PieceRpiece
ratio (:infRratio
on	 (:trueRon#
text
 (	:a "quoted" textRtext
Part
label (	Rlabel
Piece
n (Rn_
Inner
deep (Rdeep2B
inside.acme.legacy.Basee (2.acme.legacy.Base.InnerRinside"
Kind
GOOD

BETTER*dÈ*ôõ*	è€€€€23
Old,
Keep.acme.legacy.Base.acme.legacy.Base:.
	nick_name.acme.legacy.Based (	RnickName:+
marks.acme.legacy.Basef (BRmarks