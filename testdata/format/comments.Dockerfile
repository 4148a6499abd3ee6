#!/usr/bin/env x
  # syntax=a
#   spaces   within stay   
FROM a
#nothing is put in front
RUN a && \
# commented out   
      # deeper	
    b
COPY a \
# col 0
        # deep
  b
