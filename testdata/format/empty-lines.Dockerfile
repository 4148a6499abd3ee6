

  
FROM a  




# a  
   # b	


  RUN a



