# edgewise_library(NAME SRCS ... HDRS ... DEPS ... [LIBS ...])  one station (or a door) as a static library.
#   DEPS are other rooms of the house (tests/build/include_graph.py holds them to its rules); LIBS are outside libraries.
# edgewise_test(NAME SRCS ... DEPS ... LABELS ...)              one GoogleTest binary, registered with CTest.
#   Builds with `--target tests_<label>`, too; threaded rooms' tests (EDGEWISE_THREADED) also with tests_threaded.
include(GoogleTest)

# Rooms with threads of their own or called by many: these tests also run under tsan.
set(EDGEWISE_THREADED base_test net_test queue_test registry_test deploy_test hub_test repository_test score_server_test site_inputs_test
  site_journal_test site_test)

function(edgewise_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;HDRS;DEPS;LIBS" ${ARGN})
  list(TRANSFORM ARG_DEPS PREPEND "edgewise_" OUTPUT_VARIABLE deps)
  if(ARG_SRCS)
    add_library(edgewise_${name} STATIC ${ARG_SRCS})
    set(scope PUBLIC)
  else()
    add_library(edgewise_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_sources(edgewise_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${ARG_HDRS})
  target_link_libraries(edgewise_${name} ${scope} edgewise_options ${deps} ${ARG_LIBS})
  set_property(GLOBAL APPEND PROPERTY EDGEWISE_LIBRARIES edgewise_${name})
endfunction()

function(edgewise_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS;LIBS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  if(name IN_LIST EDGEWISE_THREADED)
    list(APPEND ARG_LABELS threaded)
  endif()
  list(TRANSFORM ARG_DEPS PREPEND "edgewise_")
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT ${ARG_TIMEOUT})
  # By a file that CTest reads after the discovered tests: a list among the PROPERTIES above falls apart, and takes the TIMEOUT with it.
  set(labels ${CMAKE_CURRENT_BINARY_DIR}/${name}_labels.cmake)
  file(WRITE ${labels} "foreach(test IN LISTS ${name}_TESTS)\n"
    "  set_tests_properties(\"\${test}\" PROPERTIES LABELS \"${ARG_LABELS}\")\nendforeach()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${labels})
  foreach(label ${ARG_LABELS})
    if(NOT TARGET tests_${label})
      add_custom_target(tests_${label})
    endif()
    add_dependencies(tests_${label} ${name})
  endforeach()
endfunction()
