FROM busybox
ENV one two three
ENV one=two three=four
ENV a="b c" d='e f' g=h\ i j=
ENV path $PATH:/x
ENV empty ""
ENV dollar \$notavar ${one}
ENV abc=hello
ENV abc=bye def=$abc
ENV ghi=$abc
ENV nested="${missing:-${alsomissing:-deep ${abc}}}"
ENV plus=${abc:+set} unset=${nope:+set}
RUN env
