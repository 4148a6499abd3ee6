//! What a command is given, and what is made of what it leaves.

use super::*;

#[test]
fn a_command_runs_as_its_user() {
    let run = |user: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdf-run"));
        command.args(["replay", "--user", user, "--home", "/nowhere", "--"]);
        let script = "id -u; id -g; id -G; echo $HOME; echo told >/dev/stderr";
        command.args(["sh", "-c", script]).output().unwrap()
    };
    let output = run("65534:65533");
    let own = Command::new("id").arg("-u").output().unwrap().stdout;
    if own == b"0\n" {
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told, "65534\n65533\n65533\n/nowhere\n");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "told\n");
    } else {
        // Who is not root becomes nobody else.
        assert_eq!(output.status.code(), Some(126));
    }
    let output = run("no-such-user");
    assert_eq!(output.status.code(), Some(BROKEN.into()));
    assert!(errors(&output).contains("unknown user or group `no-such-user`"));
}

#[test]
fn a_command_is_told_the_time_and_not_its_place() {
    let run = |more: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rdf-run"));
        command.env_clear().env("PATH", "/usr/bin:/bin");
        command.env("ftp_proxy", "rdf-place:RUN, Dockerfile:12");
        command.envs(more.iter().copied());
        command.args(["replay", "--epoch", "1700000000", "--", "env"]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let told = run(&[("FTP_PROXY", "http://proxy.test:1")]);
    assert!(told.contains("SOURCE_DATE_EPOCH=1700000000\n"), "{told}");
    assert!(told.contains("FTP_PROXY=http://proxy.test:1\n"), "{told}");
    assert!(!told.contains("rdf-place"), "{told}");
    let told = run(&[("SOURCE_DATE_EPOCH", "5")]);
    assert!(told.contains("SOURCE_DATE_EPOCH=5\n"), "{told}");
}

#[test]
fn what_a_command_changed_is_no_younger_than_the_epoch() {
    let folder = Folder::new("settled");
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join("before"), "").unwrap();
    let before = fs::metadata(folder.0.join("before"))
        .unwrap()
        .modified()
        .unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let output = Command::new(env!("CARGO_BIN_EXE_rdf-run"))
        .current_dir(&folder.0)
        .args(["replay", "--epoch", "1700000000", "--settle"])
        .arg(&folder.0)
        .args([
            "--",
            "sh",
            "-c",
            "mkdir dir; echo > dir/file; ln -s x dir/link",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let epoch = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let time = |name: &str| {
        let metadata = fs::symlink_metadata(folder.0.join(name)).unwrap();
        metadata.modified().unwrap()
    };
    for name in [".", "dir", "dir/file", "dir/link"] {
        assert_eq!(time(name), epoch, "{name}");
    }
    assert_eq!(time("before"), before);
}

#[test]
fn programs_on_a_jvm_are_told_of_proxy_and_authorities() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rdf-run"));
    command.env_clear().env("PATH", "/usr/bin:/bin");
    command.env("JAVA_TOOL_OPTIONS", "-Xmx64m");
    let script = "echo $http_proxy $JAVA_TOOL_OPTIONS; head -c 4 /dev/shm/.rdf-run/authorities.jks | od -t x1";
    command.args(["replay", "--", "sh", "-c", script]);
    let told = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let port = told
        .split(' ')
        .next()
        .and_then(|url| url.rsplit(':').next());
    let port = port.unwrap();
    for option in [
        "-Xmx64m".to_owned(),
        format!("-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={port}"),
        "-Djavax.net.ssl.trustStore=/dev/shm/.rdf-run/authorities.jks".to_owned(),
        "fe ed fe ed".to_owned(),
    ] {
        assert!(told.contains(&option), "{option}: {told}");
    }
}
