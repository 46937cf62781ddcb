//! Tasks that are cancelled, asked for, or looked at, before they are spawned and after.

use parla::prelude::*;

#[parla::main]
async fn main() {
    let t = TaskSpace::new("T");
    #[spawn(t[0])]
    async fn patient() {
        std::future::pending::<()>().await;
    }
    #[spawn(t[1], deps = [patient])]
    fn after() {}
    assert!(t.task(5).exists());
    assert!(!patient.is_finished());
    patient.cancel();
    assert!(after.await.unwrap_err().root_cause().is_cancelled());
    assert!(patient.result().is_some());
    println!("{} {:?} {:?}", t.task(0).name(), t.task(0).state(), t.shape());
    let failing = t.task(2).try_spawn(|| Err::<(), _>("no luck"));
    assert!(failing.await.is_err());
}
