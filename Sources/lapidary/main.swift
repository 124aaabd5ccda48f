import LapidaryCLI

EntryPoint.prepare()
await EntryPoint.main()
