/// The Ruby that every measured program loads before anything else (`-r`).
enum ProbeScript {
    /// Names the folder with the pipes, as the program sees it.
    static let folderVariable = "LAPIDARY_MEASURE"
    /// What the program is, when it is not people's own: `workload` or `identify`.
    static let roleVariable = "LAPIDARY_MEASURE_ROLE"

    /// Files that it writes into the folder.
    static let facts = "facts.json"
    static let mallocInfo = "malloc_info.xml"
    static let identity = "identity.json"

    static let fileName = "probe.rb"

    // It loads no library before the memory has been read, and makes as little as it can.
    static let text = ##"""
        # frozen_string_literal: true

        # Loaded by `lapidary measure` into the program that it measures.
        module LapidaryMeasure
          FOLDER = ENV.delete("LAPIDARY_MEASURE")
          ROLE = ENV.delete("LAPIDARY_MEASURE_ROLE")
          @process = Process.pid
          @stat = GC.stat # all its keys: filling it again makes nothing
          @events = File.open("#{FOLDER}/events", "w")
          @events.sync = true
          @answers = File.open("#{FOLDER}/answers", "r")

          class << self
            # Says that a phase of the program begins.
            def phase(name)
              say("phase #{now} #{name.to_s.tr("\n", " ")[0, 200]}") if mine?
            end

            # Says that the work is done, and comes back when the memory has been read. Without it
            # that is at the end of the program.
            def settle(live = nil)
              return if @settled || !mine?

              @settled = true
              time = now
              cpu = Process.clock_gettime(Process::CLOCK_PROCESS_CPUTIME_ID, :nanosecond)
              GC.stat(@stat)
              say("quiet #{time} #{cpu}#{" #{live}" if live}")
              obey
            end

            def start
              say("begin #{Process.pid} #{now}")
            end

            def identify
              require "etc"
              require "rbconfig"
              names = %w[arch ruby_version MAINLIBS CFLAGS CPPFLAGS LDFLAGS configure_args CC_VERSION]
              maps = File.foreach("/proc/self/maps").map { |line| line.split(" ", 6)[5].to_s.chomp }
              libc = Etc.confstr(Etc::CS_GNU_LIBC_VERSION) if Etc.const_defined?(:CS_GNU_LIBC_VERSION)
              # What a program with C extensions would have in memory says nothing of this Ruby.
              libraries = maps.grep(/\.so(\.|\z)/).map { |path| File.basename(path) }.uniq.sort
              store("identity.json",
                    "path" => RbConfig.ruby, "description" => RUBY_DESCRIPTION,
                    "config" => RbConfig::CONFIG.slice(*names).compact,
                    "libraries" => libraries, "libc" => libc || "unknown")
            end

            private

            def mine?
              Process.pid == @process
            end

            def now
              Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)
            end

            def say(line)
              @events.write("#{line}\n")
            rescue SystemCallError, IOError
              nil
            end

            def obey
              while (line = @answers.gets)
                case line.chomp
                when "collect"
                  3.times { GC.start }
                  say("collected")
                when "report"
                  report
                  say("reported")
                else return
                end
              end
            end

            def report
              facts = { "gc" => @stat, "gcSettled" => GC.stat, "notes" => [] }
              facts["gcHeaps"] = GC.stat_heap if GC.respond_to?(:stat_heap)
              begin
                facts["allocator"] = allocator
              rescue LoadError, StandardError => e
                facts["notes"] << "the allocator could not be asked: #{e.message}"
              end
              store("facts.json", facts)
            end

            def store(name, facts)
              File.write("#{FOLDER}/#{name}", json(facts))
            end

            # The library of that name is not loaded: people's programs may want another version.
            def json(value)
              case value
              when Hash then "{#{value.map { |key, one| "#{json(key.to_s)}:#{json(one)}" }.join(",")}}"
              when Array then "[#{value.map { |one| json(one) }.join(",")}]"
              when Integer, true, false then value.to_s
              when Float then value.finite? ? value.to_s : "null"
              when nil then "null"
              else
                text = value.to_s.encode("UTF-8", invalid: :replace, undef: :replace)
                "\"#{text.gsub(/["\\]/) { |c| "\\#{c}" }.gsub(/[\x00-\x1f]/) { |c| format("\\u%04x", c.ord) }}\""
              end
            end

            def allocator
              require "fiddle"
              if symbol("mallctl") then jemalloc
              elsif symbol("MallocExtension_GetNumericProperty") then tcmalloc
              elsif symbol("mi_process_info") then mimalloc
              elsif symbol("malloc_info") then glibc
              end
            end

            def symbol(name)
              Fiddle::Handle::DEFAULT[name]
            rescue Fiddle::DLError
              nil
            end

            def function(name, arguments, result = Fiddle::TYPE_INT)
              Fiddle::Function.new(symbol(name), arguments, result)
            end

            def pointer
              Fiddle::TYPE_VOIDP
            end

            def jemalloc
              mallctl = function("mallctl", [pointer, pointer, pointer, pointer, Fiddle::TYPE_SIZE_T])
              epoch = [1].pack("Q")
              mallctl.call("epoch", nil, nil, epoch, epoch.bytesize)
              read = lambda do |name|
                value = "\0" * 8
                size = [8].pack("J")
                value.unpack1("J") if mallctl.call(name, value, size, nil, 0).zero?
              end
              names = %w[allocated active metadata resident mapped retained]
              totals = names.to_h { |name| [name, read.call("stats.#{name}")] }.compact
              address = read.call("version")
              totals["version"] = Fiddle::Pointer.new(address).to_s if address
              { "name" => "jemalloc", "jemalloc" => totals }
            end

            def tcmalloc
              property = function("MallocExtension_GetNumericProperty", [pointer, pointer])
              names = %w[generic.current_allocated_bytes generic.heap_size
                         tcmalloc.pageheap_free_bytes tcmalloc.pageheap_unmapped_bytes
                         tcmalloc.current_total_thread_cache_bytes tcmalloc.central_cache_free_bytes]
              totals = names.to_h do |name|
                value = "\0" * 8
                [name, property.call(name, value).zero? ? nil : value.unpack1("J")]
              end
              { "name" => "tcmalloc", "others" => totals.compact }
            end

            def mimalloc
              names = %w[elapsed user system current_rss peak_rss current_commit peak_commit page_faults]
              values = names.map { "\0" * 8 }
              function("mi_process_info", [pointer] * 8, Fiddle::TYPE_VOID).call(*values)
              totals = names.zip(values).to_h { |name, value| [name, value.unpack1("J")] }
              { "name" => "mimalloc", "others" => totals.slice("current_commit", "peak_commit") }
            end

            def glibc
              place = Fiddle::Pointer.malloc(16, Fiddle::RUBY_FREE)
              stream = function("open_memstream", [pointer, pointer], pointer).call(place, place + 8)
              function("malloc_info", [Fiddle::TYPE_INT, pointer]).call(0, stream)
              function("fclose", [pointer]).call(stream)
              address, size = place[0, 16].unpack("JJ")
              File.binwrite("#{FOLDER}/malloc_info.xml", Fiddle::Pointer.new(address)[0, size])
              { "name" => "glibc" }
            end
          end

          case ROLE
          when "identify" then identify
          when "workload"
            # A workload says `phase quiescent … live=BYTES` (or `work SECONDS`), and waits for its input.
            def $stdout.puts(*lines)
              lines.grep(/\Aphase /) { |line| LapidaryMeasure.phase(line.split[1]) }
              said = lines.grep(/\A(?:work|phase quiescent) /).first
              @settling = [said[/ live=(\d+)/, 1]] if said
              super
            end

            def $stdout.settling
              @settling
            end

            def $stdin.gets(*)
              LapidaryMeasure.settle(*$stdout.settling) if $stdout.settling
              super
            end

            def $stdin.read(*)
              LapidaryMeasure.settle(*$stdout.settling) if $stdout.settling
              super
            end
          end
          unless ROLE == "identify"
            LapidaryMeasure.start
            at_exit { LapidaryMeasure.settle }
          end
        end

        """##
}
