from a
run   <<EOF  bash   -e
  indented   \
	tab  

# no comment


EOF
copy  <<-A   <<B   /x/
	text   
	A
more
B
add <<"EMPTY" /x
EMPTY
