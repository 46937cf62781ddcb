//! In place of tokio, whose threads are real ones: nothing. Timers and sockets can't be used.

pub(crate) mod runtime {
    //! A runtime without threads.

    use std::marker::PhantomData;

    #[derive(Debug)]
    pub(crate) struct Builder;

    impl Builder {
        pub(crate) fn new_multi_thread() -> Self {
            Self
        }

        pub(crate) fn worker_threads(&mut self, _: usize) -> &mut Self {
            self
        }

        pub(crate) fn thread_name(&mut self, _: &str) -> &mut Self {
            self
        }

        pub(crate) fn enable_all(&mut self) -> &mut Self {
            self
        }

        pub(crate) fn on_thread_start(&mut self, _: impl Fn() + 'static) {}

        pub(crate) fn build(&mut self) -> std::io::Result<Runtime> {
            Ok(Runtime(Handle))
        }
    }

    #[derive(Debug)]
    pub(crate) struct Runtime(Handle);

    impl Runtime {
        pub(crate) fn handle(&self) -> &Handle {
            &self.0
        }

        pub(crate) fn shutdown_background(self) {}
    }

    #[derive(Debug, Clone)]
    pub(crate) struct Handle;

    impl Handle {
        pub(crate) fn enter(&self) -> EnterGuard<'_> {
            EnterGuard(PhantomData)
        }

        pub(crate) fn spawn_blocking(&self, work: impl FnOnce() + Send + 'static) {
            shuttle::thread::spawn(work);
        }

        pub(crate) fn spawn(&self, _: impl Future<Output = ()>) {}
    }

    #[derive(Debug)]
    pub(crate) struct EnterGuard<'a>(PhantomData<&'a Handle>);
}

pub(crate) mod signal {
    //! No signal ever comes.

    pub(crate) fn ctrl_c() -> impl Future<Output = std::io::Result<()>> {
        std::future::pending()
    }
}
