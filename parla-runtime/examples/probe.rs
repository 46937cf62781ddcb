use parla_runtime::*;
use std::time::Instant;
fn rss() -> u64 {
    let s = std::fs::read_to_string("/proc/self/status").unwrap();
    let l = s.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    l.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n: i64 = args[2].parse().unwrap();
    let w: usize = args[3].parse().unwrap();
    let rt = Runtime::builder().workers(w).build().unwrap();
    for _ in 0..3 {
        let r0 = rss();
        let t0 = Instant::now();
        rt.run(|| match args[1].as_str() {
            "indep" => { let t = TaskSpace::new("T"); for i in 0..n { t.task(i).spawn(|| ()); } }
            "anon" => { let h = Handle::current(); for _ in 0..n { h.task().spawn(|| ()); } }
            "chain" => { let t = TaskSpace::new("T"); for i in 0..n { t.task(i).deps(t.task(i - 1)).spawn(|| ()); } }
            "live" => {
                let t = TaskSpace::new("T"); let g = TaskSpace::new("G");
                for i in 0..n { t.task(i).deps(g.task(0)).spawn(|| ()); }
                println!("live bytes/task {}", (rss() - r0) / n as u64);
                g.task(0).spawn(|| ());
            }
            _ => panic!(),
        }).unwrap();
        println!("{} {n} x{w}: {:.1} ns/task", args[1], t0.elapsed().as_nanos() as f64 / n as f64);
    }
}
