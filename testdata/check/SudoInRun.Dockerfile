#= at the start, and behind something
#! 2 SudoInRun: a step asks for root by `sudo`
#! 3 SudoInRun: a step asks for root by `sudo`
FROM debian:12
RUN sudo apt-get update
RUN cd /a && sudo -E make install
#= the word elsewhere
FROM debian:12
RUN apt-get install -y sudo && echo "sudo"
#= started by another program
#! 2 SudoInRun: a step asks for root by `sudo`
FROM debian:12
RUN A=1 nice -n 5 sudo -E a
#= the name of something else
FROM debian:12
RUN apt-get install -y sudo && echo "sudo a"
