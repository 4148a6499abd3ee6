//! Recordings when something is wrong: a server that dies, a disk that is full, a step that looks for ways out.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::engine::{Feature, engine, skipped};
use crate::engines::{SecondEngine, second_engine, settings};
use crate::process::Program;
use crate::served::{TLS_NAME, host_of_steps};

use super::recording::{FETCHING, FILES, World, names};
use super::world::on;

/// A server that counts connections, and answers each with the start of a body that never ends.
struct Cutting {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Cutting {
    fn start() -> Self {
        let listener = TcpListener::bind(("0.0.0.0", 0)).expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                counted.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    let mut asked = [0; 512];
                    stream.set_read_timeout(Some(Duration::from_secs(5))).ok();
                    let _ = stream.read(&mut asked);
                    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nthe start";
                    let _ = stream.write_all(head);
                });
            }
        });
        Cutting { port, connections }
    }

    fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_server_that_dies_within_a_body_leaves_the_old_recording() {
    let Some(world) = World::new(FETCHING, FILES) else {
        return;
    };
    let host = format!("{TLS_NAME}:{}", world.host);
    let args = ["lock", "--record", "--add-host", &host];
    let Some(rdf) = world.rdf(&args) else {
        return;
    };
    rdf.ok();
    let lock = world.lock();
    let server = Cutting::start();
    let url = format!("http://{}:{}/x", world.host, server.port);
    world.dockerfile(&FETCHING.replace("cat /first", &format!("wget -O /x {url} && cat /first")));
    let said = world.rdf(&args).expect("rdf").run().must_fail();
    assert_eq!(said.status, 3, "{}", said.whole());
    assert!(server.count() > 0);
    // Nor is it ignored where the command takes no notice.
    let careless = format!("(wget -O /x {url} || true) && cat /first");
    world.dockerfile(&FETCHING.replace("cat /first", &careless));
    let said = world.rdf(&args).expect("rdf").run().must_fail();
    assert_eq!(said.status, 3, "{}", said.whole());
    said.says(&format!("error[lock-cut]: recording failed: GET {url}"));
    if engine().has(Feature::Modern) {
        said.says("--> Dockerfile:6\n");
    }
    assert_eq!(world.lock(), lock);
    let store = world.project.folder.path().join("Dockerfile.store");
    assert_eq!(names(&store), ["sha256"]);
    world.dockerfile(FETCHING);
    world.build().arg("--no-cache").ok();
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_full_disk_leaves_the_old_recording() {
    let Some(world) = World::new(FETCHING, FILES) else {
        return;
    };
    let host = format!("{TLS_NAME}:{}", world.host);
    // The project on a disk that has room for one recording, most of which is rdf-run.
    let small = world.project.folder.join("small");
    std::fs::create_dir(&small).expect("a directory");
    let mount = |args: &[&str]| {
        let mount = Program::new("mount").args(args).arg(&small).run();
        mount.status == 0
    };
    if !mount(&["-t", "tmpfs", "-o", "size=48m", "tmpfs"]) {
        return skipped("this user cannot mount a small disk");
    }
    let unmount = Unmount(small.clone());
    world.project.folder.write("small/here", "here\n");
    let dockerfile = |path: &str| {
        let text = FETCHING.replace(
            "RUN cat /first",
            &format!("RUN wget -O /x @HTTP@{path} && cat /first"),
        );
        world.dockerfile(&text);
        std::fs::copy(
            world.project.folder.join("Dockerfile"),
            small.join("Dockerfile"),
        )
        .expect("a copy");
    };
    let args = ["lock", "--record", "--add-host", &host, "small/Dockerfile"];
    dockerfile("/first");
    let Some(rdf) = world.rdf(&args) else {
        return;
    };
    rdf.ok();
    let lock = world.project.folder.read("small/Dockerfile.lock");
    world.server.put("/large", &vec![7; 64 << 20]);
    dockerfile("/large");
    // The client does not say more of it than that it could not receive.
    let said = world.rdf(&args).expect("rdf").run().must_fail();
    said.says("recording failed: ");
    assert_eq!(world.project.folder.read("small/Dockerfile.lock"), lock);
    assert_eq!(names(&small.join("Dockerfile.store")), ["sha256"]);
    dockerfile("/first");
    let verify = ["lock", "--verify", "small/Dockerfile"];
    let said = world.rdf(&verify).expect("rdf").run();
    said.says(" files, as locked");
    drop(unmount);
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        Program::new("umount").arg(&self.0).run();
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn no_step_of_a_replay_reaches_a_server() {
    let Some(host) = host_of_steps() else {
        return skipped("it is not known by which address steps reach this machine");
    };
    // On every address of this machine: the engine's host, its network, and loopback.
    let server = Cutting::start();
    let port = server.port;
    let mut ways = String::new();
    for address in [&host, "127.0.0.1", "localhost", "host.docker.internal"] {
        // Past the proxy, by a bare connection, and as another user.
        ways += &format!(
            "RUN wget -Y off -O /dev/null http://{address}:{port}/x; nc -w 1 {address} {port} </dev/null; true\n"
        );
    }
    let dockerfile = format!("{FETCHING}{ways}USER root\n{ways}");
    let Some(world) = World::new(&dockerfile, FILES) else {
        return;
    };
    world.record();
    // It listens, and a step with a network finds it: by both ways, as both users.
    let recorded = server.count();
    assert!(recorded >= 4, "{recorded}");
    let before = world.server.requests();
    for _ in 0..2 {
        world.build().arg("--no-cache").ok();
    }
    if let Some(second) = second_engine() {
        on(&second, world.build()).ok();
    }
    assert_eq!(
        (server.count(), world.server.requests()),
        (recorded, before)
    );
    // Nor does one that asks for the network of the host.
    world.dockerfile(&dockerfile.replacen("RUN wget -Y", "RUN --network=host wget -Y", 1));
    let said = world
        .build()
        .args(["--no-cache", "--allow=network.host"])
        .fails();
    said.says("--network=host");
    assert_eq!(server.count(), recorded);
}

/// A web server in a container on the engine's bridge network, which says a line of every connection.
struct Neighbour {
    id: String,
    address: String,
}

impl Neighbour {
    fn start() -> Self {
        let image = format!("{}/busybox", engine().registry);
        let serve = ["httpd", "-f", "-vvv", "-p", "8080"];
        let run = Program::docker().args(["run", "--detach", &image]);
        let id = run.args(serve).ok().text().trim().to_owned();
        let format = "--format={{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
        let inspect = Program::docker().args(["inspect", format, &id]);
        let address = inspect.ok().text().trim().to_owned();
        assert!(!address.is_empty(), "the container has no address");
        Neighbour { id, address }
    }

    fn count(&self) -> usize {
        let logs = Program::docker().args(["logs", &self.id]).ok();
        logs.whole().matches("connected").count()
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        Program::docker().args(["rm", "--force", &self.id]).run();
    }
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn no_step_of_a_replay_reaches_a_container() {
    let neighbour = Neighbour::start();
    let address = &neighbour.address;
    // By the proxy, past it, and by a bare connection.
    let ways = format!(
        "RUN wget -O /dev/null http://{address}:8080/x; wget -Y off -O /dev/null http://{address}:8080/y; \
         nc -w 2 {address} 8080 </dev/null; true\n"
    );
    let dockerfile = format!("{FETCHING}{ways}USER root\n{ways}");
    let Some(world) = World::new(&dockerfile, FILES) else {
        return;
    };
    world.record();
    // It listens, and a step with a network finds it in each of these ways.
    let recorded = neighbour.count();
    assert_eq!(recorded, 6);
    for _ in 0..2 {
        world.build().arg("--no-cache").ok();
    }
    world.dockerfile(&dockerfile.replace("/x;", "/other;"));
    let said = world.build().fails();
    said.says(&format!(
        "[lock-unrecorded] GET http://{address}:8080/other"
    ));
    assert_eq!(neighbour.count(), recorded);
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn an_image_layout_is_all_that_a_build_needs() {
    let Some(world) = World::new(FETCHING, FILES) else {
        return;
    };
    let host = format!("{TLS_NAME}:{}", world.host);
    let record = [
        "lock",
        "--record",
        "--store",
        "oci-layout://app.store",
        "--add-host",
        &host,
    ];
    let Some(rdf) = world.rdf(&record) else {
        return;
    };
    rdf.ok().says("app.store holds ");
    let image = world.replays_without_servers();
    // Nothing of it comes with the context.
    assert_eq!(
        image.run(&["sh", "-c", "ls -a /context | grep store || echo none"]),
        "none\n"
    );
    let lock = world.lock();
    assert!(
        lock.contains("store = \"oci-layout://app.store\""),
        "{lock}"
    );
}

#[test]
#[ignore = "needs an engine: scripts/test"]
fn a_rootless_engine_records_and_replays() {
    let Some(local) = settings("RDF_E2E_ROOTLESS_ENGINE") else {
        return skipped(
            "no rootless engine (RDF_E2E_ROOTLESS_ENGINE; scripts/rootless-engine says why)",
        );
    };
    let Some(world) = World::new(FETCHING, FILES) else {
        return;
    };
    let rootless = SecondEngine {
        local,
        tls: Vec::new(),
    };
    // Its steps reach the registry alone, which listens in its network.
    let inspect = [
        "network",
        "inspect",
        "bridge",
        "--format",
        "{{(index .IPAM.Config 0).Gateway}}",
    ];
    let settings = rootless.local.iter();
    let inspect = settings.fold(Program::docker().args(inspect), |program, (key, value)| {
        program.env(key, value)
    });
    let (_, port) = engine().registry.rsplit_once(':').expect("a port");
    let url = format!("http://{}:{port}/v2/", inspect.ok().text().trim());
    let fetching = FETCHING.replace("@HTTP@/first", &url);
    let fetching = fetching.replace("@HTTP@/second", &format!("{url}busybox/tags/list"));
    world.dockerfile(&fetching);
    let output = format!("--output=type=local,dest={}", world.project.path());
    let record = world.build().args(["--build-arg", "RDF_LOCK=record"]);
    on(&rootless, record.arg(output)).ok();
    let lock = world.lock();
    assert_eq!(
        lock.matches(&format!("{{ url = \"{url}")).count(),
        2,
        "{lock}"
    );
    for _ in 0..2 {
        on(&rootless, world.build().arg("--no-cache")).ok();
    }
    // What one engine has recorded another replays.
    world.build().arg("--no-cache").ok();
    let other = format!("wget -O /x {url}other; cat /first");
    world.dockerfile(&fetching.replace("cat /first", &other));
    let said = on(&rootless, world.build()).fails();
    said.says(&format!("[lock-unrecorded] GET {url}other"));
}
