import LapidaryCLI

await EntryPoint.main()
