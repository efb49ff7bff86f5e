-- What an interpreter asks of its C library, in small.
local words = {}
for line in io.lines("/words.txt") do words[#words + 1] = line end
table.sort(words)
print("sorted", table.concat(words, " "))
print("floats", string.format("%.3f %g %5.1f|%-8s|%08.4f %a", 2 / 3, 1e300, 2.25, "left", math.pi, 0.5))
print("math", math.floor(math.sin(1) * 1e6), math.floor(math.sqrt(2) * 1e6), math.floor(math.exp(1) * 1e6), 7 // 2, 7 % 3, 2 ^ 10)
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end)
print("coroutine", co(), co(), co())
print("pcall", pcall(error, "thrown"))
print("pcall", select(2, pcall(function() return nil + 1 end)))
print("missing", select(2, io.open("/nothing/here")))
local file = assert(io.open("/out.txt", "w"))
file:write("written ", 42, "\n")
file:close()
file = assert(io.open("/out.txt"))
print("file", file:read("a"):gsub("\n", ""), file:seek("set", 8), file:read("n"))
file:close()
print("renamed", os.rename("/out.txt", "/other.txt"), os.remove("/other.txt"), (os.remove("/other.txt")))
local before = os.clock()
local sum = 0.0
for i = 1, 200000 do sum = sum + 1 / i end
print("sum", string.format("%.6f", sum), os.clock() > before, os.time() > 1600000000)
collectgarbage()
print("arguments", #arg, arg[1], arg[2])
os.exit(tonumber(arg[3]))
