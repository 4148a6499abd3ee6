//! A proxy that opens tunnels. What goes through one is not for it to read.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A proxy that leads every tunnel to the same port of this machine, whatever host was asked for.
pub struct Tunnels {
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tunnels {
    /// `user` is what a client has to say in `proxy-authorization`.
    pub fn start(to: u16, user: &'static str) -> Tunnels {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let tunnels = Tunnels {
            port: listener.local_addr().unwrap().port(),
            asked: Arc::default(),
        };
        let asked = Arc::clone(&tunnels.asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let asked = Arc::clone(&asked);
                std::thread::spawn(move || drop(serve(&stream, to, user, &asked)));
            }
        });
        tunnels
    }

    /// The first lines of the requests since the last call.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn serve(
    client: &TcpStream,
    to: u16,
    user: &str,
    asked: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(client);
    let (mut first, mut known) = (String::new(), false);
    reader.read_line(&mut first)?;
    asked.lock().unwrap().push(first.trim_end().to_owned());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        known |= name.eq_ignore_ascii_case("proxy-authorization") && value.trim() == user;
    }
    let mut answers = client.try_clone()?;
    if !known || !first.starts_with("CONNECT ") {
        return answers.write_all(b"HTTP/1.1 407 Who\r\ncontent-length: 0\r\n\r\n");
    }
    let server = TcpStream::connect(("127.0.0.1", to))?;
    answers.write_all(b"HTTP/1.1 200 Opened\r\n\r\n")?;
    let (mut from_server, mut to_server) = (server.try_clone()?, &server);
    let back = std::thread::spawn(move || {
        let copied = std::io::copy(&mut from_server, &mut answers);
        copied.and_then(|_| answers.shutdown(std::net::Shutdown::Write))
    });
    let _ = std::io::copy(&mut reader, &mut to_server);
    let _ = server.shutdown(std::net::Shutdown::Write);
    back.join().unwrap()
}
