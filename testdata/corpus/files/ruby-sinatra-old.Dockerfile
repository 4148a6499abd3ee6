from ruby:2.1
maintainer nobody@example.org
run apt-get update
run apt-get install -y libxml2-dev \
  libxslt-dev
env LANG en_US.UTF-8
env RACK_ENV production
add Gemfile /app/
add Gemfile.lock /app/
workdir /app
run bundle install --jobs 4
add . /app
expose 4567
cmd bundle exec rackup -p 4567
