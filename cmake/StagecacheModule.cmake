# stagecache_module(name [DEPS module...] [LIBS target...])
#
# One static library a module, of all src/<name>/*.cc, so that a test links only
# what it needs. DEPS are our modules, LIBS third parties (fenced: private).
function(stagecache_module name)
  cmake_parse_arguments(ARG "" "" "DEPS;LIBS;PUBLIC_LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cc)
  if(NOT sources)
    add_library(stagecache_${name} INTERFACE)
    return()
  endif()
  add_library(stagecache_${name} STATIC ${sources})
  target_include_directories(stagecache_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include
                                                PRIVATE ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM ARG_DEPS PREPEND stagecache_)
  target_link_libraries(stagecache_${name} PUBLIC ${ARG_DEPS} ${ARG_PUBLIC_LIBS}
                                           PRIVATE ${ARG_LIBS})
endfunction()

# stagecache_unit_tests(name [LIBS target...]): tests/unit/<name>/*_test.cc as one program.
function(stagecache_unit_tests name)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/unit/${name}/*.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(${name}_test ${sources})
  target_include_directories(${name}_test PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  # Only where it is used: with a path in every command the compiler cache would
  # find nothing in another clone.
  foreach(source ${sources})
    file(STRINGS ${source} uses REGEX STAGECACHE_SOURCE_DIR)
    if(uses)
      set_source_files_properties(${source} PROPERTIES COMPILE_DEFINITIONS
                                  STAGECACHE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
    endif()
  endforeach()
  target_link_libraries(${name}_test PRIVATE stagecache_${name} ${ARG_LIBS} GTest::gtest_main
                                             GTest::gtest)
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}/" DISCOVERY_TIMEOUT 60
                       PROPERTIES TIMEOUT 300)
endfunction()

# stagecache_fuzzer(name module): tests/fuzz/<name>_fuzz.cc with libFuzzer.
function(stagecache_fuzzer name module)
  if(NOT STAGECACHE_FUZZ)
    return()
  endif()
  add_executable(${name}_fuzz ${PROJECT_SOURCE_DIR}/tests/fuzz/${name}_fuzz.cc)
  target_include_directories(${name}_fuzz PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name}_fuzz PRIVATE stagecache_${module})
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
endfunction()
