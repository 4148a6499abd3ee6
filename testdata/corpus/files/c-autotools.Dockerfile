FROM gcc:13
RUN wget -O - https://ftp.example.org/gnu/hello/hello-2.12.tar.gz | tar xz
WORKDIR hello-2.12
RUN ./configure --prefix=/usr
RUN make -j"$(getconf _NPROCESSORS_ONLN)" && make check
RUN make install
WORKDIR ..
RUN rm -rf hello-2.12
CMD hello
