FROM perl:5.38-slim-threaded
RUN cpanm --notest Carton && rm -rf ~/.cpanm
WORKDIR /app
COPY cpanfile cpanfile.snapshot ./
RUN carton install --deployment
COPY . .
ENV PERL5LIB=/app/local/lib/perl5:/app/lib PLACK_ENV=deployment
CMD ["carton", "exec", "starman", "--port", "5000", "app.psgi"]
