
  # syntax=not
FROM a
\
  RUN b,\

 

