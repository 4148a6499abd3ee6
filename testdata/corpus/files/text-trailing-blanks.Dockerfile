FROM alpine   
RUN echo a   \   
  && echo b	
ENV X=1   
WORKDIR  /a b  


   
CMD  ["x"]   
