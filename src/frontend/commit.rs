//! Git commit objects, as far as their time goes.

use crate::image::Timestamp;

/// Commit time of a raw git object, with the committer's offset; `None` when the committer line does not
/// tell.
///
/// # Errors
/// When it is not a commit, with the reference's text.
pub fn commit_time(object: &[u8]) -> Result<Option<Timestamp>, String> {
    let text = String::from_utf8_lossy(object);
    let is_tag = text.starts_with("object ");
    let kind = if is_tag { "tag" } else { "commit" };
    let headers: Vec<(&str, &str)> = text
        .split('\n')
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(' '))
        .collect();
    let required: &[&str] = if is_tag {
        &["object", "type", "tag", "tagger"]
    } else {
        &["tree", "author", "committer"]
    };
    for header in required {
        if !headers.iter().any(|(name, _)| name == header) {
            return Err(format!("invalid {kind} object: missing {header} header"));
        }
    }
    if is_tag {
        return Err("not a commit object".into());
    }
    let committer = headers.iter().find(|(name, _)| *name == "committer");
    Ok(committer.and_then(|(_, actor)| actor_time(actor)))
}

/// Time of `Name <address> seconds zone`.
fn actor_time(actor: &str) -> Option<Timestamp> {
    // A name may hold brackets: the last ones are the address's.
    let (before, rest) = actor.trim().rsplit_once('>')?;
    if !before.contains('<') || rest.contains('<') {
        return None;
    }
    let mut words = rest.split_whitespace();
    let seconds = words.next()?.parse().ok()?;
    let zone = words.next()?;
    let sign = match zone.as_bytes() {
        [b'+', _, _, _, _] => 1,
        [b'-', _, _, _, _] => -1,
        _ => return None,
    };
    // Parity: an offset that is not a number counts as none.
    let number = |digits: Option<&str>| {
        digits
            .and_then(|digits| digits.parse::<i32>().ok())
            .unwrap_or(0)
    };
    let offset = sign * (number(zone.get(1..3)) * 3600 + number(zone.get(3..5)) * 60);
    Some(Timestamp {
        seconds,
        nanos: 0,
        offset,
    })
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, commit_time};

    #[test]
    fn committer_gives_the_time() {
        let object = b"tree 1\nparent 2\nauthor A <a@x> 5 +0000\ncommitter B <C> <b@x> 1700000000 +0200\n\nmessage\n";
        let time = Timestamp {
            seconds: 1_700_000_000,
            nanos: 0,
            offset: 7200,
        };
        assert_eq!(commit_time(object), Ok(Some(time)));
    }

    #[test]
    fn odd_committer_has_no_time() {
        assert_eq!(commit_time(b"tree 1\nauthor a\ncommitter b\n"), Ok(None));
        assert_eq!(
            commit_time(b"tree 1\nauthor a\ncommitter b <> 5 0200\n"),
            Ok(None)
        );
    }

    #[test]
    fn other_objects_are_errors() {
        let missing = commit_time(b"tree 1\nauthor a\n").unwrap_err();
        assert_eq!(missing, "invalid commit object: missing committer header");
        let tag = commit_time(b"object 1\ntype commit\ntag v1\ntagger a\n").unwrap_err();
        assert_eq!(tag, "not a commit object");
    }
}
