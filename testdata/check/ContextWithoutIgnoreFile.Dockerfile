#= the whole context
#! 2 ContextWithoutIgnoreFile: the whole build context is copied without a `.dockerignore`
FROM scratch
COPY . .
#= by ADD and in other words
#! 2 ContextWithoutIgnoreFile: the whole build context is copied without a `.dockerignore`
#! 3 ContextWithoutIgnoreFile: the whole build context is copied without a `.dockerignore`
FROM scratch
ADD ./ /a
COPY a /b /* /c
#= with an ignore file
#? ignored
FROM scratch
COPY . .
#= parts, and other stages
FROM scratch AS a
COPY src .
FROM scratch
COPY --from=a . .
