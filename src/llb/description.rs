//! [`Description`]: texts about an op.

use std::borrow::Cow;

/// Texts that the daemon does not read, by key, such as [`super::CUSTOM_NAME`]. An op has two or three.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description(Vec<(Cow<'static, str>, String)>);

impl Description {
    /// Sets the text of `key`.
    pub fn insert(&mut self, key: impl Into<Cow<'static, str>>, text: impl Into<String>) {
        let (key, text) = (key.into(), text.into());
        match self.place(&key) {
            Ok(place) => {
                if let Some((_, have)) = self.0.get_mut(place) {
                    *have = text;
                }
            }
            Err(place) => {
                if self.0.capacity() == 0 {
                    self.0.reserve_exact(2);
                }
                self.0.insert(place, (key, text));
            }
        }
    }

    /// The text of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        let place = self.place(key).ok()?;
        self.0.get(place).map(|(_, text)| text.as_str())
    }

    /// Lays `other` over this: its texts win.
    pub fn merge(&mut self, other: &Description) {
        for (key, text) in &other.0 {
            self.insert(key.clone(), text.as_str());
        }
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and texts, in the order of keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, text)| (key.as_ref(), text.as_str()))
    }

    fn place(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(have, _)| have.as_ref().cmp(key))
    }
}

/// Of two texts for one key the later one counts.
impl<K: Into<Cow<'static, str>>, T: Into<String>> FromIterator<(K, T)> for Description {
    fn from_iter<I: IntoIterator<Item = (K, T)>>(texts: I) -> Self {
        let mut description = Description::default();
        for (key, text) in texts {
            description.insert(key, text);
        }
        description
    }
}
