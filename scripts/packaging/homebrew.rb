# The formula of a release; scripts/packages puts in what stands between at signs.
class Rdf < Formula
  desc "@DESCRIPTION@"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "@LICENSE@"

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/rdf-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256 aarch64-apple-darwin@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/rdf-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256 x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/rdf-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/rdf-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "rdf"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/rdf.bash" => "rdf"
    zsh_completion.install "completions/rdf.zsh" => "_rdf"
    fish_completion.install "completions/rdf.fish"
    (lib/"docker/cli-plugins").install_symlink bin/"rdf" => "docker-rdf"
  end

  test do
    (testpath/"Dockerfile").write "FROM scratch\nCOPY . /\n"
    assert_match "FromAsCasing", shell_output("#{bin}/rdf rule FromAsCasing")
    assert_match version.to_s, shell_output("#{bin}/rdf --version")
    system bin/"rdf", "fmt", "--check", "Dockerfile"
  end
end
