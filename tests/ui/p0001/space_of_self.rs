use parla::prelude::*;

struct Pipeline {
    stages: TaskSpace<'static>,
}

impl Pipeline {
    #[task_graph]
    fn start(&self) {
        #[spawn(self.stages[0])]
        fn read() {}
        #[spawn(self.stages[1], deps = [read])]
        fn parse() {}
        #[spawn(self.stages[1], deps = [parse])]
        fn write() {}
    }
}

fn main() {
    let stages = TaskSpace::new("stages");
    Pipeline { stages }.start();
}
