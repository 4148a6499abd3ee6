FROM scratch
LABEL one=1
LABEL "two words"="quoted key" three='single $HOME'
LABEL four="line \
continued"
COPY . /
