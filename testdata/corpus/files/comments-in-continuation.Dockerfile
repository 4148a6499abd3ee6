FROM alpine
# about the next one
RUN echo a && \
# inside
    echo b && \
    # inside, indented

    echo c
RUN echo d \
  # last line is a comment
