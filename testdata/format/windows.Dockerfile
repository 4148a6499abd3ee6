FROM a
RUN a \  
  && b\
	# c  

   c   
COPY a\
 b/
USER x