//! Linking: several texts of PTX become one image, which is loaded like any other: the texts one
//! after the other, each with the `.version` that it begins with.

use super::image;
use crate::codes::Code;
use crate::driver;
use crate::handle::{self, Handle};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A link in progress.
#[derive(Debug, Default)]
pub(crate) struct Link(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    text: String,
    /// The result with a zero at its end, which lives as long as this.
    image: Option<Arc<[u8]>>,
}

impl Link {
    pub(crate) fn create() -> Handle {
        let handle = handle::fresh();
        driver().links.insert(handle, Arc::default());
        handle
    }

    pub(crate) fn find(handle: Handle) -> Result<Arc<Self>, Code> {
        driver().links.get(handle).ok_or(Code::INVALID_HANDLE)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a text of PTX, up to its first zero.
    pub(crate) fn add(&self, bytes: &[u8]) -> Result<(), Code> {
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        let text = std::str::from_utf8(text).map_err(|_| Code::INVALID_IMAGE)?;
        image::check(text.as_bytes()).map_err(|rejected| rejected.code)?;
        let mut state = self.state();
        state.text.push_str(text);
        state.text.push('\n');
        Ok(())
    }

    /// The image of all texts together.
    pub(crate) fn complete(&self) -> Result<Arc<[u8]>, Code> {
        let mut state = self.state();
        image::parse(state.text.as_bytes()).map_err(|rejected| rejected.code)?;
        let image: Arc<[u8]> = [state.text.as_bytes(), &[0]].concat().into();
        state.image = Some(Arc::clone(&image));
        Ok(image)
    }
}
