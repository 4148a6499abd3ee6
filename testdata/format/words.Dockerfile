from alpine as  build
Run  --mount=type=cache,target=/x   echo  a   b  
copy   --from=build	/a   /b	 
Env A=1   B="2  3"
Healthcheck  --interval=5s  cmd   curl  x
healthcheck none
env  key   a   value
expose 80    81
onbuild   run  echo  a  
FROM as as as
