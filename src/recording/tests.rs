use super::*;

fn request(method: &str, url: &str, headers: &[(&str, &str)]) -> Request {
    Request {
        url: url.to_owned(),
        method: method.to_owned(),
        headers: request_headers(headers.iter().copied(), None),
        body: None,
    }
}

fn response(body: &[u8], headers: &[(&str, &str)]) -> Response {
    Response {
        status: 200,
        headers: response_headers(headers.iter().copied()),
        body: Digest::sha256(body),
        size: body.len() as u64,
    }
}

fn of(exchanges: impl IntoIterator<Item = (Request, Answer)>) -> Recording {
    let mut recording = Recording::default();
    for (request, answer) in exchanges {
        recording.add(Exchange { request, answer });
    }
    recording
}

const URL: &str = "https://pypi.test/simple/six/";

#[test]
fn text_does_not_depend_on_the_order_of_fetches() {
    let a = (
        request("GET", "http://a.test/", &[]),
        Answer::Response(response(b"a", &[])),
    );
    let b = (
        request("GET", "http://b.test/", &[]),
        Answer::Failed(Failure::Unreachable),
    );
    let one = of([a.clone(), b.clone()]);
    let other = of([b, a]);
    assert_eq!(one.print(), other.print());
    assert_eq!(Recording::parse(one.print().as_bytes()).unwrap(), one);
    assert_eq!(one.exchanges().count(), 2);
}

#[test]
fn a_line_that_is_not_an_exchange_is_named() {
    let good = of([(request("GET", URL, &[]), Answer::Failed(Failure::Cut))]).print();
    for bad in ["{}", "[]", "<<<<<<< HEAD", "{\"request\":1}"] {
        let text = format!("{good}{bad}\n");
        let error = Recording::parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.line, 2, "{bad}");
    }
}

#[test]
fn headers_that_change_answers_tell_requests_apart() {
    let pip = request(
        "GET",
        URL,
        &[("Accept", "application/vnd.pypi.simple.v1+json")],
    );
    let curl = request("GET", URL, &[("Accept", "*/*"), ("User-Agent", "curl/8")]);
    let json = Answer::Response(response(b"{}", &[]));
    let html = Answer::Response(response(b"<html>", &[]));
    let recording = of([(pip.clone(), json.clone()), (curl.clone(), html.clone())]);
    assert_eq!(recording.find(&pip, 0), Some(Found::Exactly(&json)));
    assert_eq!(recording.find(&curl, 0), Some(Found::Exactly(&html)));
    assert_eq!(recording.find(&request("GET", URL, &[]), 0), None);
    assert!(!curl.headers.contains_key("user-agent"));
}

#[test]
fn vary_adds_to_what_counts_but_no_credentials() {
    let headers = [
        ("X-Kind", "full"),
        ("Authorization", "Basic c2VjcmV0"),
        ("User-Agent", "x"),
    ];
    let counted = request_headers(headers, Some("X-Kind, Authorization, User-Agent"));
    assert_eq!(
        counted.into_iter().collect::<Vec<_>>(),
        [("x-kind".to_owned(), "full".to_owned())]
    );
}

#[test]
fn what_a_server_cut_is_known_until_it_comes_whole() {
    let asked = request("GET", URL, &[]);
    let cut = (asked.clone(), Answer::Failed(Failure::Cut));
    let gone = (
        request("GET", "http://gone.test/", &[]),
        Answer::Failed(Failure::Unreachable),
    );
    let recording = of([cut.clone(), gone.clone()]);
    assert_eq!(recording.cut().collect::<Vec<_>>(), [&asked]);
    let whole = (asked, Answer::Response(response(b"whole", &[])));
    assert_eq!(of([cut.clone(), whole.clone()]).cut().count(), 0);
    assert_eq!(of([whole, cut, gone]).cut().count(), 0);
}

#[test]
fn answers_that_differ_keep_their_order_and_the_last_is_repeated() {
    let asked = request("GET", URL, &[]);
    let first = Answer::Response(response(b"pending", &[]));
    let last = Answer::Response(response(b"done", &[]));
    let recording = of([
        (asked.clone(), first.clone()),
        (asked.clone(), first.clone()),
        (asked.clone(), last.clone()),
    ]);
    let turns: Vec<_> = (0..4).map(|turn| recording.find(&asked, turn)).collect();
    let (first, last) = (Some(Found::Exactly(&first)), Some(Found::Exactly(&last)));
    assert_eq!(turns, [first, last, last, last]);
}

#[test]
fn a_failure_that_was_overcome_is_not_replayed() {
    let asked = request("GET", URL, &[]);
    let good = Answer::Response(response(b"x", &[]));
    let failed = Answer::Failed(Failure::Cut);
    for order in [
        [failed.clone(), good.clone()],
        [good.clone(), failed.clone()],
    ] {
        let recording = of(order.map(|answer| (asked.clone(), answer)));
        assert_eq!(recording.answers(&asked), std::slice::from_ref(&good));
    }
    let recording = of([(asked.clone(), failed.clone())]);
    assert_eq!(recording.find(&asked, 0), Some(Found::Exactly(&failed)));
}

#[test]
fn a_whole_body_serves_ranges_and_head() {
    let whole = response(b"0123456789", &[("ETag", "\"v1\"")]);
    let recording = of([(request("GET", URL, &[]), Answer::Response(whole.clone()))]);
    let part = |headers: &[(&str, &str)]| recording.find(&request("GET", URL, headers), 0);
    assert_eq!(
        part(&[("Range", "bytes=4-")]),
        Some(Found::Part(&whole, Ok(ByteRange { start: 4, end: 10 })))
    );
    assert_eq!(
        part(&[("Range", "bytes=10-")]),
        Some(Found::Part(&whole, Err(RangeError::Unsatisfiable)))
    );
    let answer = Answer::Response(whole.clone());
    assert_eq!(
        part(&[("Range", "bytes=4-"), ("If-Range", "\"v2\"")]),
        Some(Found::Exactly(&answer))
    );
    assert_eq!(
        part(&[("Range", "bytes=4-"), ("If-Range", "\"v1\"")]),
        Some(Found::Part(&whole, Ok(ByteRange { start: 4, end: 10 })))
    );
    assert_eq!(
        recording.find(&request("HEAD", URL, &[]), 0),
        Some(Found::Head(&whole))
    );
}

#[test]
fn ranges_are_read_as_servers_read_them() {
    let range = |text: &str| ByteRange::parse(text, 100).map(|range| (range.start, range.end));
    assert_eq!(range("bytes=0-9"), Ok((0, 10)));
    assert_eq!(range("bytes=90-200"), Ok((90, 100)));
    assert_eq!(range("bytes=-5"), Ok((95, 100)));
    assert_eq!(range("bytes=-500"), Ok((0, 100)));
    assert_eq!(range("bytes=100-"), Err(RangeError::Unsatisfiable));
    assert_eq!(range("bytes=-0"), Err(RangeError::Unsatisfiable));
    for text in [
        "bytes=9-0",
        "bytes=0-1,5-6",
        "items=0-1",
        "bytes=",
        "bytes=a-",
        "bytes=+1-",
    ] {
        assert_eq!(range(text), Err(RangeError::NotUnderstood), "{text}");
    }
    assert_eq!(
        ByteRange::parse("bytes=0-", 0),
        Err(RangeError::Unsatisfiable)
    );
}

#[test]
fn signed_addresses_have_a_stable_stand_in() {
    let signed =
        "https://objects.test/a/b.tgz?sp=r&sv=2018&sr=b&sig=Zm9v%3D&rscd=attachment&jwt=ey";
    assert_eq!(
        stable_location(signed).as_deref(),
        Some("https://objects.test/a/b.tgz?rscd=attachment")
    );
    let amazon = "https://s3.test/x?X-Amz-Algorithm=A&X-Amz-Signature=1f&X-Amz-Date=2026";
    assert_eq!(
        stable_location(amazon).as_deref(),
        Some("https://s3.test/x")
    );
    for plain in [
        "https://a.test/",
        "https://a.test/?version=1.2&sr=4",
        "https://a.test/sig=1",
    ] {
        assert_eq!(stable_location(plain), None, "{plain}");
    }
}

#[test]
fn requests_that_show_who_asks_are_known() {
    assert!(credentials(URL, [("Authorization", "Bearer x")]));
    assert!(credentials(URL, [("cookie", "a=b")]));
    for name in [
        "X-Auth-Token",
        "X-API-Key",
        "Private-Token",
        "Job-Token",
        "X-JFrog-Art-Api",
        "X-Amz-Security-Token",
        "X-Vault-Token",
        "Ocp-Apim-Subscription-Key",
        "x-goog-api-key",
    ] {
        assert!(credentials(URL, [(name, "x")]), "{name}");
        assert!(
            request_headers([(name, "x")], Some(name)).is_empty(),
            "{name}"
        );
    }
    for name in [
        "npm-auth-type",
        "X-Amz-Content-Sha256",
        "If-None-Match",
        "Sec-WebSocket-Key",
    ] {
        assert!(!credentials(URL, [(name, "x")]), "{name}");
    }
    assert!(credentials("https://me:pw@a.test/", []));
    assert!(credentials("https://a.test/x?access_token=1", []));
    assert!(!credentials(
        "https://a.test/x?at=me@b.test",
        [("Accept", "*/*")]
    ));
}
