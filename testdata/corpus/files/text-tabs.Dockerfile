FROM	alpine	AS	base
	RUN	echo	tabs
  	 COPY	.		/x/
ENV	A	b c
LABEL	x=y	z=w
	# indented comment
CMD	[ "a",	"b" ]
