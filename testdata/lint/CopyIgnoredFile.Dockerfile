#= an ignored file
#? ignore secret.env
#! 2 CopyIgnoredFile: Attempting to Copy file "secret.env" that is excluded by .dockerignore
FROM alpine
COPY secret.env public.env /etc/

#= a file in an ignored directory, by ADD
#? ignore logs
#! 2 CopyIgnoredFile: Attempting to Add file "logs/today.log" that is excluded by .dockerignore
FROM alpine
ADD logs/today.log /var/log/

#= paths are cleaned
#? ignore secret.env
#! 2 CopyIgnoredFile: Attempting to Copy file "secret.env" that is excluded by .dockerignore
FROM alpine
COPY ./sub/../secret.env /etc/

#= a pattern with an exception says nothing for certain
#? ignore secret.env
#? ignore !secret.env
FROM alpine
COPY secret.env /etc/

#= the root, with some of it ignored
#? ignore secret.env
FROM alpine
COPY . /src

#= the root, with all of it ignored
#? ignore *
#! 2 CopyIgnoredFile: Attempting to Copy file "." that is excluded by .dockerignore
FROM alpine
COPY . /src

#= another stage is no context
#? ignore secret.env
FROM alpine AS a
FROM alpine
COPY --from=a secret.env /etc/

#= skipped by a comment
#? ignore secret.env
FROM alpine
# check=skip=CopyIgnoredFile
COPY secret.env /etc/
