//! How long the device takes.

use std::fmt;
use std::time::Duration;

use super::Gpu;
use crate::cuda::Event;
use crate::error::Result;
use crate::stream::Point;

/// A moment in the order of a stream, by the device's clock.
pub struct Moment {
    gpu: Gpu,
    event: Event,
    point: Point,
}

impl Gpu {
    /// Has the device note when it gets here. For measurements: other means of order cost less.
    ///
    /// # Errors
    ///
    /// The body has returned, or what the driver says.
    pub fn moment(&self) -> Result<Moment> {
        let context = self.home().card().context();
        let event = Event::timed(context).map_err(|failure| self.fail(failure))?;
        let (point, ()) = self.submit_to_point(&[], |stream| stream.record(&event))?;
        Ok(Moment {
            gpu: self.clone(),
            event,
            point,
        })
    }
}

impl Moment {
    /// The time from an earlier moment on the same device to this one; zero if it is later. Blocks
    /// until the device has got to both. Meaningless on simulated devices.
    ///
    /// # Errors
    ///
    /// The moments are of different devices, the work before them failed, or what else the driver
    /// says.
    pub fn since(&self, earlier: &Self) -> Result<Duration> {
        self.gpu.wait_for(&earlier.point)?;
        self.gpu.wait_for(&self.point)?;
        let milliseconds = self
            .event
            .milliseconds_since(&earlier.event)
            .map_err(|failure| self.gpu.fail(failure))?;
        Ok(Duration::from_secs_f32(milliseconds.max(0.0) / 1e3))
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Moment").field(&self.point).finish()
    }
}
